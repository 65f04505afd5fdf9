// As a UAS (RFC 3261, 22.1 and 22.2): whether somebody who sends outside of a dialog has proved who he is, and the
// challenge for one who has not. A B2BUA is a UAS whatever becomes of the request: it asks with 401, never with 407.
// Who knows no password learns nothing: a stranger, a wrong password and an unknown user get the same answer, made from
// the same work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/flow.hh"
#include "policy/authentication.hh"
#include "sip/message.hh"

namespace sbc {

struct Context;

// Why not; nothing when the sender may go on.
std::optional<base::Reason> check_credentials(Context& context, const policy::Authentication& asks,
                                              const sip::Message& request, const base::Flow& flow);

// Values of WWW-Authenticate, the strongest algorithm first (RFC 8760, 2.4). `why` is what check_credentials() said.
std::vector<std::string> challenges_for(Context& context, const policy::Authentication& asks, const base::Flow& flow,
                                        base::Reason why);

// Credentials for the realm end here: they are for us, and of no use to anybody behind us.
void drop_credentials(sip::Message& request, std::string_view realm);

}  // namespace sbc
