// The stories of the end: BYE from either side, crossing too; CANCEL at every moment.
#pragma once

#include <string_view>

#include "sbc/call.hh"

namespace sbc {

struct Context;

void bye_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived);
void cancel_arrives(Context& context, Call& call, sip::ServerId invite, const sip::Message& cancel);
// Ends the first INVITE on both sides: what is under way to the far side is cancelled, the caller hears `status` unless
// other branches ring still.
void abandon_setup(Context& context, Call& call, int status, std::string_view reason_header);
// Timer C: the far side has been ringing too long (RFC 3261, 16.8).
void timer_c_fires(Context& context, Call& call, sip::ClientId client);

}  // namespace sbc
