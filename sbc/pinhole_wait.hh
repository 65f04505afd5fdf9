// Messages that wait for the kernel: a description leaves only after the pinholes that it talks about are acknowledged.
// What the kernel refuses is taken back, so that a call always knows what is really open.
#pragma once

#include <optional>
#include <vector>

#include "sbc/call.hh"
#include "sbc/effects.hh"

namespace sbc {

struct Context;

// A message that is ready but for its pinholes.
struct Waiting {
    sip::ServerId server;          // a response; 0: a request
    Exchange exchange;             // of a request: becomes an exchange of the call once it is sent
    sip::Message message;
};

// One change that the kernel has been asked for and has not answered.
struct PinholeRequest {
    base::CallNumber call;
    std::vector<nft::Change> changes;
    std::vector<Waiting> waiting;  // in order
};

// A request waits for what it opens, and behind any other of this call that waits: their CSeqs are counted already.
void send_request_after_pinholes(Context& context, Call& call, Exchange exchange, sip::Message message);
// A response waits when it tells of a port that was closed until now, and behind another of its transaction that waits.
void send_response_after_pinholes(Context& context, Call& call, sip::ServerId server, sip::Message message);
// The kernel's answer.
void pinholes_answered(Context& context, PinholeRequest request, PinholeToken token, std::optional<base::Reason> refused);
// Closes (or opens) what the call's media needs now; nothing waits for it.
void settle_pinholes(Context& context, Call& call);
// The call is over: what waits is not sent, and requests that came with it are answered.
void drop_waiting(Context& context, Call& call);

}  // namespace sbc
