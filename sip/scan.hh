// Small, allocation-free questions about the text of header values: characters, quotes, parameters, lists
// (RFC 3261, 25.1). Shared by the guard, the message and the typed values; it builds nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sip {

enum CharClass : std::uint16_t {
    kTokenChar = 1,     // token
    kUserChar = 2,      // user and password, without '%'
    kHostChar = 4,      // hostname
    kUriParamChar = 8,  // paramchar, without '%'
    kHexChar = 16,
    kUriHeaderChar = 32,  // hnv-unreserved and unreserved, without '%'
    kControlChar = 64,    // all but HTAB
    kAnyUriChar = 128,    // what an absoluteURI may hold, with '%'
    kValueChar =
        256,  // a parameter's unquoted value as it is met: all but separators of parameters and lists
};

namespace detail {
constexpr std::array<std::uint16_t, 256> make_classes() {
    std::array<std::uint16_t, 256> classes{};
    const auto mark = [&classes](std::string_view text, int bits) {
        for (const char c : text) classes[static_cast<unsigned char>(c)] |= static_cast<std::uint16_t>(bits);
    };
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
         kTokenChar | kUserChar | kHostChar | kUriParamChar | kUriHeaderChar | kAnyUriChar);
    mark("0123456789abcdefABCDEF", kHexChar);
    mark("-.!%*_+`'~", kTokenChar);
    mark("-_.!~*'()", kUserChar | kUriParamChar | kUriHeaderChar | kAnyUriChar);
    mark("&=+$,;?/", kUserChar);
    mark("#", kUserChar);    // no user of RFC 3261, but how feature codes are dialled everywhere
    mark("-._", kHostChar);  // "_" is no hostname of RFC 3261, but it is met in the field
    mark("[]/:&+$", kUriParamChar);
    mark("[]/?:+$", kUriHeaderChar);
    mark(";/?:@&=+$,%[]#", kAnyUriChar);
    for (int c = 0; c < 0x20; ++c)
        if (c != '\t') classes[static_cast<std::size_t>(c)] |= kControlChar;
    classes[0x7f] |= kControlChar;
    for (int c = 0x21; c < 0x100; ++c)
        if (c != 0x7f && std::string_view(",;\"<>()\\").find(static_cast<char>(c)) == std::string_view::npos)
            classes[static_cast<std::size_t>(c)] |= kValueChar;
    return classes;
}
inline constexpr auto kClasses = make_classes();
}  // namespace detail

constexpr bool is_char(char c, int classes) {
    return (detail::kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_token(std::string_view text);
// No control character but HTAB.
bool is_safe_text(std::string_view text);

// Behind the quoted string that begins at `at`; npos when it does not end.
std::size_t skip_quoted(std::string_view text, std::size_t at);

// The value of a parameter of a header (not of a URI in angle brackets), trimmed; empty for one without a
// value.
std::optional<std::string_view> header_parameter(std::string_view value, std::string_view name);

// The next value of a list header from `at`, which moves behind the comma that ends it (npos: that was the
// last).
std::string_view next_item(std::string_view list, std::size_t& at);

}  // namespace sip
