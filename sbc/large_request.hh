// Requests leave here: over the flow that was chosen, and what is too large for a datagram over TCP where our zone has a
// listener of it and the policy lets it (RFC 3261, 18.1.1). Who has refused TCP is not asked again for a while.
#pragma once

#include "sbc/party.hh"
#include "sip/message.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;
struct SentAck;

sip::ClientId send_request_to(Context& context, const Party& party, const base::Flow& flow, sip::Message request);
// The ACK of a 2xx goes the same way; where its 2xx comes again over a stream all the same, it goes as a datagram.
SentAck send_ack_to(Context& context, const Party& party, const base::Flow& flow, sip::Message ack);
// Nobody accepts TCP there.
void stream_refused(Context& context, const base::Flow& flow);

}  // namespace sbc
