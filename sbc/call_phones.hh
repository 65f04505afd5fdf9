// The story of a call that goes to registered phones by the address of record that its Request-URI names: because its
// route says so, or because the registrar that it leads to is gone and they survive it. All of them ring at once
// (RFC 3261, 16.6; call_branches.hh).
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;
struct Failure;
struct Phone;

// Whether the call, when its targets have failed, is for phones yet.
bool may_turn_to_phones(const Context& context, const Call& call);
// It has failed. True: phones are looked for, and the failure is kept for when there are none.
bool turn_to_phones(Context& context, Call& call, Failure& failure);
void phones_found(Context& context, Call& call, const std::vector<Phone>& phones);

}  // namespace sbc
