// The headers that a raw socket wants from us: IPv4 or IPv6, and UDP with its checksum (RFC 791, 3.1; RFC 8200, 3 and
// 8.1; RFC 768; RFC 1071). Pure; the door that sends them is relay_socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/endpoint.hh"

namespace media {

inline constexpr std::size_t kIpv4Headers = 20 + 8;
inline constexpr std::size_t kIpv6Headers = 40 + 8;

// Writes the headers for `payload`, which lies right behind them, and answers their length. Both endpoints are of one
// family. The kernel fills in IPv4's own checksum, and an identification where that is 0.
std::size_t write_headers(std::uint8_t* to, const base::Endpoint& from, const base::Endpoint& destination,
                          std::span<const std::uint8_t> payload);

void write_identification(std::uint8_t* ipv4, std::uint16_t identification);

// The sum of RFC 1071 over the bytes, as 16-bit words, before it is complemented; `sum` is one to go on from.
std::uint16_t internet_sum(std::span<const std::uint8_t> bytes, std::uint16_t sum = 0);

}  // namespace media
