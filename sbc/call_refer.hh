// The story of a REFER: who may send it, and what the other end is to make of it; or the beginning of what we make of it.
#pragma once

#include "sbc/call.hh"
#include "sbc/dialog_question.hh"

namespace sbc {

struct Context;

// A REFER within a call (RFC 3515, 2.4).
void refer_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived);
// Another worker has said what it knows of the dialog that one names. Answers the call; null: it is gone.
Call* dialog_answered(Context& context, std::uint64_t question, const DialogAnswerPtr& answer);
// A REFER outside of any, before it goes its way. Answers the status that refuses it; 0: it is none, or all is well.
int refuse_reference(Context& context, const Party& caller, const sip::Message& request);

}  // namespace sbc
