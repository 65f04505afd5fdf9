// The story of a new call, and of a new subscription: the request that would make a dialog, from its arrival to the
// far request that leaves; and its next target when one fails.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

// INVITE, or SUBSCRIBE and REFER outside a dialog. Null: it was refused before it became a call.
Call* call_arrives(Context& context, sip::RequestArrived& arrived, Party caller);
// Where the call shall go: from a trusted side to a phone that registered through us, else by the routes. False: the
// setup's route says why not.
bool find_way(Context& context, const Party& caller, Setup& setup);
// The next target of the route that takes the call; false when there is none left.
bool try_next_target(Context& context, Call& call);
// Other ways than those that have failed.
void begin_anew(Context& context, Call& call, std::vector<Way> ways);
// No target took it: the caller hears so and the call ends, as far as no other branch rings still.
void give_up(Context& context, Call& call, int status, std::string_view phrase = {});
// The far side has been silent for the route's failover time.
void no_reply(Context& context, Call& call);

}  // namespace sbc
