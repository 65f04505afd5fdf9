// An IP address in canonical 128-bit form: IPv4 lives in ::ffff:0:0/96, so that one comparison serves both.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace base {

class Address {
 public:
    using Bytes = std::array<std::uint8_t, 16>;

    constexpr Address() = default;  // ::, unspecified
    static constexpr Address from_bytes(const Bytes& bytes) { return Address(bytes); }
    static Address v4(std::uint32_t host_order);

    // Dotted IPv4 or RFC 4291 text, without brackets, zone or blanks; IPv4-mapped IPv6 becomes IPv4.
    static std::optional<Address> parse(std::string_view text);

    bool is_v4() const;
    std::uint32_t v4_host_order() const;  // only when is_v4()
    const Bytes& bytes() const { return bytes_; }

    bool is_unspecified() const;  // 0.0.0.0 or ::
    bool is_loopback() const;
    bool is_multicast() const;    // with the IPv4 broadcast address
    bool is_link_local() const;

    std::string to_string() const;

    friend constexpr auto operator<=>(const Address&, const Address&) = default;

 private:
    explicit constexpr Address(const Bytes& bytes) : bytes_(bytes) {}
    Bytes bytes_{};
};

// A block of addresses; host bits beyond the length are zero.
struct Prefix {
    Address address;
    std::uint8_t length = 0;  // 0 to 128, counted in the 128-bit form (an IPv4 /24 is 120)

    // "203.0.113.0/24", "2001:db8::/32", or a single address. Host bits set are refused.
    static std::optional<Prefix> parse(std::string_view text);
    bool contains(const Address& other) const;
    std::string to_string() const;

    friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

}  // namespace base

template <>
struct std::hash<base::Address> {
    std::size_t operator()(const base::Address& address) const noexcept {
        std::uint64_t high, low;
        std::memcpy(&high, address.bytes().data(), 8);
        std::memcpy(&low, address.bytes().data() + 8, 8);
        return static_cast<std::size_t>((high * 0x9e3779b97f4a7c15U) ^ (low * 0xc2b2ae3d27d4eb4fU + (low >> 29)));
    }
};
