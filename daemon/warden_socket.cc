#include "daemon/warden_socket.hh"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace sallyportd {

std::pair<int, int> socket_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    return {ends[0], ends[1]};
}

bool send_datagrams(int socket, std::vector<std::vector<std::uint8_t>>& datagrams) {
    std::size_t sent = 0;
    bool alive = true;
    while (sent < datagrams.size()) {
        if (send(socket, datagrams[sent].data(), datagrams[sent].size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            ++sent;
            continue;
        }
        if (errno == EINTR) continue;
        alive = errno == EAGAIN || errno == ENOBUFS;
        break;
    }
    datagrams.erase(datagrams.begin(), datagrams.begin() + static_cast<std::ptrdiff_t>(sent));
    return alive;
}

Received receive_datagram(int socket, std::vector<std::uint8_t>& buffer, std::size_t& size) {
    for (;;) {
        const auto received = recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (received > 0) {
            size = static_cast<std::size_t>(received);
            return Received::datagram;
        }
        if (received == 0) return Received::closed;
        if (errno == EINTR) continue;
        return errno == EAGAIN ? Received::nothing : Received::closed;
    }
}

}  // namespace sallyportd
