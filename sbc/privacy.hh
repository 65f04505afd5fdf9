// Who is named to whom: the privacy service at the edge of what we trust (RFC 3323, 5), identities that are asserted there
// (RFC 3325), and who was called before (RFC 7044, RFC 5806).
#pragma once

#include <optional>

#include "base/reason.hh"
#include "sbc/party.hh"
#include "sip/message.hh"

namespace sbc {

// A first request, before its dialog towards `to` is made: From as its sender wants it seen there. A reason: Privacy says
// `critical`, and asks for what nobody knows (RFC 3323, 4.2).
std::optional<base::Reason> hide_sender(sip::Message& request, const Party& to);
// All else of any message that crosses: what its Privacy asks for, and which identities `to` may have.
void settle_identities(sip::Message& message, const Party& from, const Party& to);

}  // namespace sbc
