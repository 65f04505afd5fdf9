// The subscription that a REFER makes with us (RFC 3515, 2.4.4), within the dialog that it came in.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// 202, and the first NOTIFY, unless its sender wants none (RFC 4488). The call has a transfer from now on.
void accept_refer(Context& context, Call& call, Side from, const sip::RequestArrived& arrived);
// Tells the referrer how his call goes; a final status ends the subscription.
void notify_referrer(Context& context, Call& call, int status);
// For REFERs that are relayed: each side names the subscription by the CSeq that it knows.
void note_referral(DialogPair& pair, const Referral& referral);
void rename_subscription(const DialogPair& pair, Side from, sip::Message& request);
// A SUBSCRIBE of the referrer: he may want to hear no more of it (RFC 6665, 4.1.2.3).
void renew_subscription(Context& context, Call& call, const sip::RequestArrived& arrived);

}  // namespace sbc
