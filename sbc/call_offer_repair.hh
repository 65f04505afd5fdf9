// The end of the story of an offer of ours (call_own_offer.hh): the side that got it hears by re-INVITE what of the other
// side's answer it does not know. Where that finds no agreement the call ends on both sides, and says why.
#pragma once

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// Sends the re-INVITE where one is due, as soon as nothing else is under way in the dialog.
void repair(Context& context, Call& call);
void repair_answered(Context& context, Call& call, sip::ClientId client, sip::Message response);
void repair_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why);

}  // namespace sbc
