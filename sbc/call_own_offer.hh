// The story of an INVITE without an offer towards a side whose policy wants one (RFC 3261, 13.2.1): we offer codecs of
// the policy, its answer is the other side's offer, and that one's answer comes in an ACK or PRACK. What of it the first
// does not know yet is told to it by re-INVITE (call_offer_repair.hh; docs/decisions/0021).
#pragma once

#include <optional>

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// The request is an INVITE without an offer, and its receiver is to get one.
bool lacks_offer(const Call& call, const DialogPair& pair, Side to, const sip::Message& request);
// Puts our offer into the request, anchored; the other side's ports stay closed until that hears of them. On a refusal
// nothing has changed.
std::optional<base::Reason> make_offer(Context& context, Call& call, DialogPair& pair, Side to, sip::Message& request);

// The other side has not heard the offer that is due in its first reliable response.
bool owes_offer(const Exchange& exchange, const DialogPair& pair);
// A response that the other side cannot be told an offer by, as far as it holds the answer to ours.
void note_answer(const Exchange& exchange, DialogPair& pair, const sip::Message& response);
// A response to our offer, as it is about to leave to the other side: its answer becomes that one's offer where the
// response is reliable, and goes from it where not.
std::optional<base::Reason> answer_becomes_offer(Context& context, Call& call, DialogPair& pair, sip::Message& response);

// The ACK, PRACK or 2xx of `from` is to answer the offer made so. Its description ends here.
std::optional<base::Reason> take_last_answer(Context& context, Call& call, DialogPair& pair, Side from, sip::Message& message);

}  // namespace sbc
