// Endpoints as the kernel wants them, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/endpoint.hh"

namespace net {

union SocketAddress {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

// IPv4 becomes AF_INET, all else AF_INET6. Returns the length in use.
socklen_t to_socket_address(const base::Endpoint& endpoint, SocketAddress& out);
// An empty endpoint where the family is neither.
base::Endpoint from_socket_address(const SocketAddress& address);

inline int family_of(const base::Address& address) { return address.is_v4() ? AF_INET : AF_INET6; }

}  // namespace net
