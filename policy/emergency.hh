// Which calls are emergency calls: urn:service:sos and what is below it (RFC 5031), and the numbers of the policy.
// No limit holds for them; who may call at all does.
#pragma once

#include <string>
#include <string_view>

#include "policy/snapshot.hh"
#include "sip/message.hh"

namespace policy {

bool is_emergency(const Snapshot& snapshot, const sip::Message& request);

// A number without what only people read (RFC 3966, 5.1.1) and without parameters; empty: it is none.
std::string plain_number(std::string_view text);

}  // namespace policy
