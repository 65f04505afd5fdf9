// The views that operators ask for, made of the living state.
#pragma once

#include <vector>

#include "sbc/views.hh"

namespace sbc {

struct Call;
struct Context;

CallView view_call(const Context& context, const Call& call);
std::vector<CallView> view_calls(const Context& context);
std::vector<RegistrationView> view_registrations(const Context& context);
std::vector<PeerView> view_peers(const Context& context);
Totals view_totals(const Context& context);

}  // namespace sbc
