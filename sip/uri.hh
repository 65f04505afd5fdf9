// SIP and SIPS URIs (RFC 3261, 19.1), read by libosip2. Other schemes keep their text whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.hh"

namespace sip {

struct Uri {
    std::string scheme;    // lower case: "sip", "sips", "tel", "urn", …
    std::string user;      // as written, with its escapes
    std::string password;
    std::string host;      // without IPv6 brackets; for other schemes: all after the colon
    std::uint16_t port = 0;                                            // 0: none was written
    std::vector<std::pair<std::string, std::string>> parameters;       // ";name=value" in order; value may be empty
    std::vector<std::pair<std::string, std::string>> headers;          // "?name=value"

    static std::optional<Uri> parse(std::string_view text);
    bool is_sip() const { return scheme == "sip" || scheme == "sips"; }
    std::optional<std::string_view> parameter(std::string_view name) const;  // any case
    void set_parameter(std::string_view name, std::string_view value);
    void remove_parameter(std::string_view name);
    std::optional<base::Transport> transport() const;                  // of ;transport=, tls for sips
    std::optional<base::Address> host_address() const;                 // where the host is an IP address
    std::string to_string() const;
};

// RFC 3261, 19.1.4: not a comparison of texts.
bool equivalent(const Uri& a, const Uri& b);

// Escapes (%HH) decoded; what only looks like one stays.
std::string unescaped(std::string_view text);
// A header's value as it stands among the headers of a URI (hvalue, 25.1).
std::string escaped_header(std::string_view value);

}  // namespace sip
