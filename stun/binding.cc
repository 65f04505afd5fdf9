#include "stun/binding.hh"

#include <array>
#include <cstdint>
#include <vector>

namespace stun {
namespace {

constexpr std::size_t kHeader = 20, kAttributeHeader = 4, kFingerprint = 8;
constexpr std::uint32_t kCookie = 0x2112a442, kFingerprintMask = 0x5354554e;
constexpr std::size_t kMostUnknown = 16;        // named in an answer

enum Type : std::uint16_t { binding_request = 0x0001, binding_success = 0x0101, binding_error = 0x0111 };

enum Attribute : std::uint16_t {
    mapped_address = 0x0001,
    username = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes = 0x000a,
    realm = 0x0014,
    nonce = 0x0015,
    message_integrity_sha256 = 0x001c,
    password_algorithm = 0x001d,
    userhash = 0x001e,
    xor_mapped_address = 0x0020,
    fingerprint = 0x8028,
};

constexpr bool must_be_understood(std::uint16_t type) { return type < 0x8000; }

// What a client may say of itself; no server of this kind asks for it (RFC 5626, 8).
bool is_understood(std::uint16_t type) {
    switch (type) {
        case mapped_address:
        case username:
        case message_integrity:
        case realm:
        case nonce:
        case message_integrity_sha256:
        case password_algorithm:
        case userhash: return true;
        default: return false;
    }
}

std::uint16_t number16(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 | static_cast<std::uint8_t>(bytes[at + 1]));
}

std::uint32_t number32(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint32_t>(number16(bytes, at)) << 16 | number16(bytes, at + 2);
}

void put16(std::string& bytes, std::uint16_t value) {
    bytes += static_cast<char>(value >> 8);
    bytes += static_cast<char>(value & 0xff);
}

void put32(std::string& bytes, std::uint32_t value) {
    put16(bytes, static_cast<std::uint16_t>(value >> 16));
    put16(bytes, static_cast<std::uint16_t>(value & 0xffff));
}

// CRC-32 of ITU-T V.42, as FINGERPRINT has it (RFC 8489, 14.7).
std::uint32_t crc32(std::string_view bytes) {
    static constexpr auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t i = 0; i < table.size(); ++i) {
            table[i] = i;
            for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320U : 0);
        }
        return table;
    }();
    std::uint32_t value = 0xffffffff;
    for (const char c : bytes) value = value >> 8 ^ kTable[(value ^ static_cast<std::uint8_t>(c)) & 0xff];
    return ~value;
}

struct Request {
    std::vector<std::uint16_t> unknown;
    bool has_fingerprint = false;
};

std::optional<Request> parse(std::string_view message) {
    if (!is_message(message) || number16(message, 0) != binding_request) return std::nullopt;
    if (number16(message, 2) != message.size() - kHeader) return std::nullopt;
    Request request;
    for (std::size_t at = kHeader; at < message.size();) {
        if (request.has_fingerprint || message.size() - at < kAttributeHeader) return std::nullopt;     // it stands last
        const auto type = number16(message, at), size = number16(message, at + 2);
        const std::size_t padded = (size + std::size_t{3}) / 4 * 4;
        if (message.size() - at - kAttributeHeader < padded) return std::nullopt;
        if (type == fingerprint) {
            if (size != 4 || number32(message, at + 4) != (crc32(message.substr(0, at)) ^ kFingerprintMask))
                return std::nullopt;
            request.has_fingerprint = true;
        } else if (must_be_understood(type) && !is_understood(type) && request.unknown.size() < kMostUnknown) {
            request.unknown.push_back(type);
        }
        at += kAttributeHeader + padded;
    }
    return request;
}

// `mask`: the cookie and the transaction's ID, as they stand in the request.
void put_address(std::string& bytes, const base::Endpoint& source, std::string_view mask) {
    const bool v4 = source.address.is_v4();
    const auto& address = source.address.bytes();
    put16(bytes, xor_mapped_address);
    put16(bytes, v4 ? 8 : 20);
    put16(bytes, v4 ? 1 : 2);
    put16(bytes, static_cast<std::uint16_t>(source.port ^ kCookie >> 16));
    const std::size_t first = v4 ? 12 : 0;
    for (std::size_t i = first; i < address.size(); ++i)
        bytes += static_cast<char>(address[i] ^ static_cast<std::uint8_t>(mask[i - first]));
}

void put_unknown(std::string& bytes, const std::vector<std::uint16_t>& unknown) {
    static constexpr std::string_view kReason = "Unknown Attribute";
    put16(bytes, error_code);
    put16(bytes, static_cast<std::uint16_t>(4 + kReason.size()));
    put32(bytes, 4 << 8 | 20);
    bytes.append(kReason).append(3, '\0');
    put16(bytes, unknown_attributes);
    put16(bytes, static_cast<std::uint16_t>(2 * unknown.size()));
    for (const auto type : unknown) put16(bytes, type);
    if (unknown.size() % 2 != 0) put16(bytes, 0);
}

void put_length(std::string& bytes, std::size_t to_come) {
    const auto length = bytes.size() - kHeader + to_come;
    bytes[2] = static_cast<char>(length >> 8);
    bytes[3] = static_cast<char>(length & 0xff);
}

}  // namespace

bool is_message(std::string_view datagram) {
    return datagram.size() >= kHeader && datagram.size() % 4 == 0 && (datagram[0] & 0xc0) == 0 &&
           number32(datagram, 4) == kCookie;
}

std::optional<std::string> answer_to_binding(std::string_view datagram, const base::Endpoint& source) {
    const auto request = parse(datagram);
    if (!request) return std::nullopt;
    std::string answer;
    put16(answer, request->unknown.empty() ? binding_success : binding_error);
    put16(answer, 0);
    const auto cookie_and_transaction = datagram.substr(4, kHeader - 4);
    answer += cookie_and_transaction;
    if (request->unknown.empty()) put_address(answer, source, cookie_and_transaction);
    else put_unknown(answer, request->unknown);
    put_length(answer, request->has_fingerprint ? kFingerprint : 0);
    if (!request->has_fingerprint) return answer;
    const auto sum = crc32(answer) ^ kFingerprintMask;
    put16(answer, fingerprint);
    put16(answer, 4);
    put32(answer, sum);
    return answer;
}

}  // namespace stun
