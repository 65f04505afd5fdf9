// The story of a dialog without media: SUBSCRIBE or REFER outside a dialog, its NOTIFYs, its end (RFC 6665, RFC 3515).
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// A 2xx to the request that makes the subscription.
void subscription_answered(Context& context, Call& call, sip::ClientId client, sip::Message response);
// After a NOTIFY or a refresh crossed: how long the subscription lives from now on.
void subscription_told(Context& context, Call& call, const sip::Message& message);

}  // namespace sbc
