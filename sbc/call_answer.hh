// The story of the answer: responses to the first request of a call, forks kept apart, the ACK.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

void first_response(Context& context, Call& call, sip::ClientId client, sip::Message response);
void first_request_failed(Context& context, Call& call, sip::ClientId client, base::Reason why);
// The ACK of a 2xx, first or later: it crosses, with its answer where the 2xx had the offer.
void ack_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::Message ack);
// The ACK of a 2xx whose session nobody wants; where the 2xx has an offer, with an answer that takes no line of it
// (RFC 3261, 13.2.2.4). Its BYE is the caller's.
void acknowledge_unwanted(Context& context, Call& call, DialogPair& pair, const Exchange& exchange,
                          const sip::Message& response);
// A 2xx that came again: the same ACK goes again. False: the ACK has not been sent yet.
bool acknowledge_again(Context& context, DialogPair& pair, Side to, std::uint32_t cseq);

// The pair of a fork by the tag that its user agent chose; a new fork gets a pair of its own. Null: too many forks, or
// no media port for it.
DialogPair* pair_of_fork(Context& context, Call& call, std::string_view remote_tag);

}  // namespace sbc
