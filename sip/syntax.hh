// The grammar of URIs, name-addr and Via values as yes or no (RFC 3261, 25.1), without building anything:
// asked by the guard of every message, and by the typed values before libosip2, which is more lenient, sees
// the text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/reason.hh"

namespace sip {

// Why not; nothing when well-formed. All are linear in the text. Folds (CRLF and blank) count as blanks.
using Flaw = std::optional<base::Reason>;

// Host name, IPv4 address, or IPv6 address in brackets.
bool is_host(std::string_view text);
// sip: and sips: by their grammar; other schemes by their characters only.
Flaw check_uri(std::string_view text, std::size_t max_parameters);
// One value of From, To, Contact, Route …: name-addr or addr-spec with its parameters. "*" is refused.
Flaw check_name_addr(std::string_view text, std::size_t max_parameters);
Flaw check_via(std::string_view text, std::size_t max_parameters);

}  // namespace sip
