// The text that WWW-Authenticate, Authorization and their kin share: schemes with name=value parameters between commas
// (RFC 3261, 25.1: challenge, credentials). What is malformed, repeated or beyond the bounds is refused as a whole.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sip {

// Views into the header's value. A quoted value is what stands between its quotes, escapes as they came: digests are
// computed over just that (RFC 7616, 3.4.1, unq()).
struct AuthScheme {
    struct Parameter {
        std::string_view name, value;
        bool quoted = false;
    };
    std::string_view name;
    std::vector<Parameter> parameters;

    const Parameter* find(std::string_view parameter) const;       // any case; null when absent
    // Empty when absent.
    std::string_view value(std::string_view parameter) const;
    // What must be written in quotes, and is.
    std::optional<std::string_view> quoted(std::string_view parameter) const;
};

// The schemes of one header value: a server may put several challenges behind one another.
std::optional<std::vector<AuthScheme>> parse_auth(std::string_view value);

}  // namespace sip
