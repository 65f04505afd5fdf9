// Phones that are gone: their time is over, or the connection that led to them is lost. The binding ends here, and
// where the registrar would still send calls to it, there too (a REGISTER of our own with expires=0; RFC 3261,
// 10.2.2). It is sent once: what comes of it changes nothing here. A registrar that asks for a password gets none: it
// is not ours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/flow.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;

// A REGISTER of ours under way that ends a binding.
struct Farewell {
    sip::ClientId client;
    std::string peer;              // the registrar, by name
};

void registration_expired(Context& context, std::uint64_t number);
// The same Contact, or the same instance, is bound under another token of ours: it came over another flow, and both
// were under way at once. The later 200 counts.
void replace_binding(Context& context, std::string_view aor, std::string_view contact, std::string_view instance);
void flow_lost(Context& context, const base::Flow& flow);
// `status`: of the final response; 0: none came.
void farewell_answered(Context& context, std::uint64_t number, int status);

}  // namespace sbc
