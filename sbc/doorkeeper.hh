// Who comes in: admission by policy before any state is made, and what a request must fulfil to be looked at (RFC 3261,
// 8.2.2, 16.3).
#pragma once

#include <optional>

#include "sbc/call.hh"

namespace sbc {

struct Context;

// False: the request was refused, or was a refresh that is answered here; its answer, where one is due, is on its way
// without a transaction behind it.
bool admit(Context& context, sip::Message& message, const base::Flow& flow);

std::optional<base::Reason> check_request(const Context& context, const sip::Message& request);
void answer_refused(Context& context, const sip::RequestArrived& arrived, base::Reason reason);

}  // namespace sbc
