#include "net/socket_address.hh"

#include <cstring>

namespace net {

socklen_t to_socket_address(const base::Endpoint& endpoint, SocketAddress& out) {
    std::memset(&out, 0, sizeof out);
    if (endpoint.address.is_v4()) {
        out.v4.sin_family = AF_INET;
        out.v4.sin_port = htons(endpoint.port);
        out.v4.sin_addr.s_addr = htonl(endpoint.address.v4_host_order());
        return sizeof out.v4;
    }
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&out.v6.sin6_addr, endpoint.address.bytes().data(), 16);
    return sizeof out.v6;
}

base::Endpoint from_socket_address(const SocketAddress& address) {
    if (address.any.sa_family == AF_INET)
        return {base::Address::v4(ntohl(address.v4.sin_addr.s_addr)), ntohs(address.v4.sin_port)};
    if (address.any.sa_family != AF_INET6) return {};
    base::Address::Bytes bytes;
    std::memcpy(bytes.data(), &address.v6.sin6_addr, 16);
    return {base::Address::from_bytes(bytes), ntohs(address.v6.sin6_port)};
}

}  // namespace net
