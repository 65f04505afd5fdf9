#include "base/address.hh"

#include <arpa/inet.h>

#include "base/number.hh"

namespace base {
namespace {

constexpr Address::Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

}  // namespace

Address Address::v4(std::uint32_t host_order) {
    Bytes bytes = kMapped;
    for (int i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return Address(bytes);
}

std::optional<Address> Address::parse(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN];
    if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = 0;
    if (std::memchr(buffer, 0, text.size())) return std::nullopt;
    Bytes bytes = kMapped;
    if (inet_pton(AF_INET, buffer, bytes.data() + 12) == 1) return Address(bytes);
    if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return Address(bytes);
    return std::nullopt;
}

bool Address::is_v4() const { return std::memcmp(bytes_.data(), kMapped.data(), 12) == 0; }

std::uint32_t Address::v4_host_order() const {
    std::uint32_t value = 0;
    for (int i = 12; i < 16; ++i) value = value << 8 | bytes_[i];
    return value;
}

bool Address::is_unspecified() const { return *this == Address() || (is_v4() && v4_host_order() == 0); }

bool Address::is_loopback() const {
    if (is_v4()) return bytes_[12] == 127;
    Bytes one{};
    one[15] = 1;
    return bytes_ == one;
}

bool Address::is_multicast() const {
    if (is_v4()) return (bytes_[12] & 0xf0) == 0xe0 || v4_host_order() == 0xffffffff;
    return bytes_[0] == 0xff;
}

bool Address::is_link_local() const {
    if (is_v4()) return bytes_[12] == 169 && bytes_[13] == 254;
    return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

std::string Address::to_string() const {
    char buffer[INET6_ADDRSTRLEN];
    if (is_v4()) return inet_ntop(AF_INET, bytes_.data() + 12, buffer, sizeof buffer);
    return inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    const std::uint8_t bits = address->is_v4() ? 32 : 128;
    std::uint8_t length = bits;
    if (slash != std::string_view::npos) {
        const auto number = to_number<std::uint8_t>(text.substr(slash + 1), bits);
        if (!number) return std::nullopt;
        length = *number;
    }
    const Prefix prefix{*address, static_cast<std::uint8_t>(length + 128 - bits)};
    for (int bit = prefix.length; bit < 128; ++bit)
        if (address->bytes()[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
    return prefix;
}

bool Prefix::contains(const Address& other) const {
    const int whole = length / 8, rest = length % 8;
    if (std::memcmp(address.bytes().data(), other.bytes().data(), whole) != 0) return false;
    if (rest == 0) return true;
    const int mask = 0xff00 >> rest & 0xff;
    return (address.bytes()[whole] & mask) == (other.bytes()[whole] & mask);
}

std::string Prefix::to_string() const {
    const bool v4 = address.is_v4() && length >= 96;
    return address.to_string() + "/" + std::to_string(v4 ? length - 96 : length);
}

}  // namespace base
