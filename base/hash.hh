// The digests of RFC 7616 (MD5, SHA-256, SHA-512/256) and what is made of them, behind the one door to OpenSSL's
// library. Keys and passwords pass through here; nothing is kept.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace base {

enum class HashName : std::uint8_t { md5, sha256, sha512_256 };   // the weakest first (RFC 8760, 2.1)
inline constexpr std::size_t kHashNames = 3;

std::string_view name_of(HashName hash);                          // "SHA-256", as in algorithm=
std::optional<HashName> hash_named(std::string_view name);        // any case; without "-sess"
constexpr std::size_t hex_digits_of(HashName hash) { return hash == HashName::md5 ? 32 : 64; }

// Of the parts joined by colons, in lower-case hexadecimal digits.
std::string hash_of(HashName hash, std::initializer_list<std::string_view> parts);

using Key256 = std::array<std::uint8_t, 32>;
// HMAC-SHA-256 of the parts joined by colons, in lower-case hexadecimal digits.
std::string sign(const Key256& key, std::initializer_list<std::string_view> parts);

// Takes as long for texts that differ in the first character as for equal ones.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace base
