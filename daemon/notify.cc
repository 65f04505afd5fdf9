#include "daemon/notify.hh"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/descriptor.hh"

namespace sallyportd {

void notify(std::string_view state) {
    const char* name = std::getenv("NOTIFY_SOCKET");
    if (!name || (*name != '/' && *name != '@')) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::strlen(name);
    if (length >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, name, length);
    if (*name == '@') address.sun_path[0] = '\0';   // Linux's abstract names
    const net::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return;
    (void)!::sendto(socket.number(), state.data(), state.size(), MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&address),
                    static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

}  // namespace sallyportd
