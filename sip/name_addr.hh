// name-addr and addr-spec with their parameters: From, To, Contact, Route, Record-Route, Refer-To, identities
// (RFC 3261, 20.10 and 25.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/uri.hh"

namespace sip {

struct NameAddr {
    std::string display_name;  // with its quotes where it had them; empty: none
    Uri uri;
    std::vector<std::pair<std::string, std::string>> parameters;  // of the header, not of the URI

    static std::optional<NameAddr> parse(std::string_view text);  // one value; "*" is refused
    std::optional<std::string_view> parameter(std::string_view name) const;
    void set_parameter(std::string_view name, std::string_view value);
    void remove_parameter(std::string_view name);
    std::string_view tag() const { return parameter("tag").value_or(std::string_view{}); }
    std::string to_string() const;  // always with angle brackets
};

// The URI within; the whole text where that is malformed.
std::string uri_within(std::string_view name_addr);

}  // namespace sip
