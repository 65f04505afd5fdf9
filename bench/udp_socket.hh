// A socket of the benchmarks' small peers: IPv4 over UDP, much room, never waiting.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "base/endpoint.hh"

namespace bench {

inline sockaddr_in to_sockaddr(const base::Endpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.v4_host_order());
    return address;
}

// Throws std::system_error.
inline int udp_socket(const base::Endpoint& local) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int room = 8 << 20;
    const auto address = to_sockaddr(local);
    if (socket < 0) throw std::system_error(errno, std::system_category(), "socket");
    for (const int which : {SO_RCVBUFFORCE, SO_SNDBUFFORCE}) (void)setsockopt(socket, SOL_SOCKET, which, &room, sizeof room);
    if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::system_category(), "bind " + local.to_string());
    return socket;
}

// What stands behind "\r\nNAME:" in a message, without blanks before it; empty where it does not say.
inline std::string_view value_of(std::string_view message, std::string_view line_start) {
    const auto at = message.find(line_start);
    if (at == message.npos) return {};
    auto value = message.substr(at + line_start.size());
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
}

}  // namespace bench
