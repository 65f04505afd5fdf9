#include "media/relay_datagram.hh"

#include <bit>
#include <cstring>

namespace media {
namespace {

constexpr std::uint8_t kUdp = 17, kHopLimit = 64;

void put(std::uint8_t* to, std::uint16_t value) {
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
}

// Version 4, 20 bytes long; not fragmented, but it may be on its way.
void write_ipv4(std::uint8_t* to, const base::Address& from, const base::Address& destination, std::uint16_t udp) {
    std::memset(to, 0, 20);
    to[0] = 0x45;
    put(to + 2, static_cast<std::uint16_t>(20 + udp));
    to[8] = kHopLimit;
    to[9] = kUdp;
    std::memcpy(to + 12, from.bytes().data() + 12, 4);
    std::memcpy(to + 16, destination.bytes().data() + 12, 4);
}

void write_ipv6(std::uint8_t* to, const base::Address& from, const base::Address& destination, std::uint16_t udp) {
    std::memset(to, 0, 8);
    to[0] = 0x60;
    put(to + 4, udp);
    to[6] = kUdp;
    to[7] = kHopLimit;
    std::memcpy(to + 8, from.bytes().data(), 16);
    std::memcpy(to + 24, destination.bytes().data(), 16);
}

}  // namespace

std::uint16_t internet_sum(std::span<const std::uint8_t> bytes, std::uint16_t sum) {
    // Sums of 32-bit words fold to the same 16 bits; byte order is set right at the end (RFC 1071, 2).
    std::uint64_t total = std::endian::native == std::endian::little ? __builtin_bswap16(sum) : sum;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 4; at += 4, left -= 4) {
        std::uint32_t word;
        std::memcpy(&word, at, 4);
        total += word;
    }
    std::uint8_t rest[4]{};
    if (left) std::memcpy(rest, at, left);
    std::uint32_t word;
    std::memcpy(&word, rest, 4);
    total += word;
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    const auto folded = static_cast<std::uint16_t>(total);
    return std::endian::native == std::endian::little ? __builtin_bswap16(folded) : folded;
}

void write_identification(std::uint8_t* ipv4, std::uint16_t identification) { put(ipv4 + 4, identification); }

std::size_t write_headers(std::uint8_t* to, const base::Endpoint& from, const base::Endpoint& destination,
                          std::span<const std::uint8_t> payload) {
    const bool v4 = destination.address.is_v4();
    const auto length = static_cast<std::uint16_t>(8 + payload.size());
    std::uint8_t* const udp = to + (v4 ? 20 : 40);
    if (v4) write_ipv4(to, from.address, destination.address, length);
    else write_ipv6(to, from.address, destination.address, length);
    put(udp, from.port);
    put(udp + 2, destination.port);
    put(udp + 4, length);
    put(udp + 6, 0);

    // The pseudo header is both addresses, the protocol and the length; both families sum alike.
    const std::span<const std::uint8_t> addresses(v4 ? to + 12 : to + 8, v4 ? 8 : 32);
    std::uint8_t tail[4]{};
    tail[1] = kUdp;
    put(tail + 2, length);
    std::uint16_t sum = internet_sum(payload, internet_sum({udp, 8}, internet_sum(tail, internet_sum(addresses))));
    sum = static_cast<std::uint16_t>(~sum);
    put(udp + 6, sum ? sum : 0xffff);  // 0 would say "no checksum"
    return static_cast<std::size_t>(udp + 8 - to);
}

}  // namespace media
