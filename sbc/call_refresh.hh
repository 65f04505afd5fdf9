// The story of a refresh of our own (RFC 4028, 7.4 and 10): an UPDATE without a body, or an INVITE that repeats the last
// description that we sent, to one side only.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// Only one INVITE at a time, and none over an offer that waits for its answer (RFC 3261, 14.1).
bool is_busy(const Call& call);
// After a 491 (14.1): who made the Call-ID waits longer; at side b that is us.
base::Duration after_glare(Context& context, Side side);
// False: something else is under way at that side; later.
bool send_refresh(Context& context, Call& call, Side to);
// A response to it, or none in time.
void refresh_answered(Context& context, Call& call, sip::ClientId client, sip::Message response);
void refresh_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why);

}  // namespace sbc
