// The dialog that a request outside of it names: Replaces (RFC 3891, 6.1) and Join (RFC 3911, 7.1), as a header or among
// the headers of a Refer-To's URI.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sip {

struct DialogName {
    std::string call_id, to_tag, from_tag;   // to_tag: of whom the request goes to
    bool early_only = false;

    // Nothing: malformed, or without one of the tags.
    static std::optional<DialogName> parse(std::string_view value);
    std::string to_string() const;
};

}  // namespace sip
