// Refreshes that are answered here (RFC 5853, 3.2.3: phones behind NAT come often, the registrar need not hear of it):
// only what the registrar has taken, said again over the same flow, while its binding stands there. No state but the
// binding's; the answer leaves without a transaction, since a repetition may simply be answered again (8.2.7).
#pragma once

#include <cstdint>

#include "base/flow.hh"
#include "sip/message.hh"
#include "sip/name_addr.hh"

namespace sbc {

struct Context;
struct RelayedRequest;

// What a REGISTER says of one binding beside its expiry, and who proves himself in it (0: nobody does). Two that are
// not equal differ.
std::uint64_t contact_print_of(const sip::NameAddr& contact, const sip::Message& request);
std::uint64_t login_print_of(const sip::Message& request);

// A request that was let in. True: it was a refresh, and has its answer.
bool answer_refresh(Context& context, const sip::Message& request, const base::Flow& flow);
// The same for one that has waited for its turn (registration_turns.hh).
bool answer_after_wait(Context& context, const RelayedRequest& relayed);
// The registrar is silent, broken or busy. True: the phone heard what it last said, its bindings there still stand.
bool answer_for_registrar(Context& context, const RelayedRequest& relayed);
// It does not cross. A registrar that is busy has its registered phones answered here, others hear when to come again.
void refuse_register(Context& context, const RelayedRequest& relayed, base::Reason why);

}  // namespace sbc
