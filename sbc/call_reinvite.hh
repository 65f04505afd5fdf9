// The story of a new offer within a call: re-INVITE (hold, resume, new codec or address, streams added or refused) and
// UPDATE; glare; its answer and its failure.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

void offer_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived);
void reinvite_answered(Context& context, Call& call, sip::ClientId client, sip::Message response);

}  // namespace sbc
