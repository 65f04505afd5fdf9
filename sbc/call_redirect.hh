// The story of a redirection (3xx to the INVITE that made the call): relayed, refused, or followed as a new call of the
// caller would be, by the routes.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// Notes where a 3xx points, when this side's are followed: try_next_target() goes there. False: they are not.
bool note_redirection(Call& call, const sip::Message& response);
// Leaves the route's other targets alone, for what redirections have named. False: nothing is left of that.
bool skip_to_places(Call& call);
// The next of the noted places to which the routes let the caller; its targets are the setup's. False: none is left.
bool next_redirection(Context& context, Call& call);
// What the caller may hear of a 3xx that is not followed: with our host where the inside is hidden from him. False: that
// nobody is there.
bool relay_redirection(const Call& call, sip::Message& response);

}  // namespace sbc
