// Datagrams over a connected AF_UNIX SOCK_SEQPACKET socket, without blocking: what both ends of a warden link do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace sallyportd {

// Two connected ends, close-on-exec. Throws std::system_error.
std::pair<int, int> socket_pair();

// Sends from the front as much as the socket takes, and removes what was sent. False: the other end is gone.
bool send_datagrams(int socket, std::vector<std::vector<std::uint8_t>>& datagrams);

enum class Received { datagram, nothing, closed };
// One datagram into `buffer`, which has room for the longest; `size` says how long it is.
Received receive_datagram(int socket, std::vector<std::uint8_t>& buffer, std::size_t& size);

}  // namespace sallyportd
