// The story of a request within a call, whatever its method: its place in the dialog is checked, it crosses, its answer
// crosses back. What is special to a method stands in that method's story.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// A request with a To tag of ours. Finds the pair and the method's story; answers 481 where there is none.
void request_within_call(Context& context, Call& call, sip::RequestArrived& arrived);
// Sends the request across as it is, offer or answer taken.
void relay_within_call(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived);
void response_within_call(Context& context, Call& call, sip::ClientId client, sip::Message response);
void request_within_call_failed(Context& context, Call& call, sip::ClientId client, base::Reason why);

// A 2xx moves the remote targets of both sides (RFC 3261, 12.2.1.2 and 12.2.2); a request that was refused moves nothing.
void accept_targets(DialogPair& pair, const Exchange& exchange, const sip::Message& response);

// Which pair and side a message with a To tag of ours belongs to; null: to none of this call.
struct Place {
    DialogPair* pair = nullptr;
    Side side = Side::a;      // whose message it is
};
Place place_of(Context& context, Call& call, const sip::Message& message);

}  // namespace sbc
