// The story of reliable provisional responses. Each side has its own RSeq numbers and its own retransmissions; a PRACK
// crosses where both sides are reliable, and is made or answered here where one of them is not.
#pragma once

#include <optional>

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// An INVITE about to make a call that asks for what its side does not give (420), or lacks what it must have (421).
// It was answered so; nothing: there is no reason to.
std::optional<base::Reason> refuse_reliability(Context& context, const Party& caller, sip::ServerId server, const sip::Message& invite);
// An INVITE before it crosses: notes what its sender speaks, and writes what its receiver is asked for.
void ask_for_reliability(const Call& call, Exchange& exchange, sip::Message& invite);
// A 1xx before it crosses back. False: it goes no further.
bool take_provisional(Context& context, Call& call, const Exchange& exchange, DialogPair& pair, sip::Message& response);

// A response to INVITE that is about to leave. False: it is kept here until its turn comes.
bool may_leave(Context& context, Call& call, sip::ServerId server, sip::Message& response);
void resend_reliable(Context& context, Call& call, std::uint64_t rseq);
void prack_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived);

// The side waits for the answer that made the call: to it there is no dialog yet that a BYE could end.
bool awaits_withheld(const Call& call, Side side);
// Nothing of this INVITE (or, without one, of the call) is reliable any more; a 2xx that was withheld becomes a 487.
void forget_reliable(Context& context, Call& call, sip::ServerId server = {});

}  // namespace sbc
