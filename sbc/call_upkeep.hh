// What happens to a living call without a message: a source is latched, media falls silent, time is up, an operator ends
// it; and what happens to all of a worker's state when the policy changes.
#pragma once

#include "sbc/call.hh"

namespace sbc {

struct Context;

void source_latched(Context& context, Call& call, const media::Latched& latched);
void check_media(Context& context, Call& call);
void time_is_up(Context& context, Call& call);
void end_by_command(Context& context, Call& call, base::Reason why);

// What is sent from now on to those who came over this connection opens a new one.
void connection_lost(Context& context, const base::Flow& flow);

// New calls use the new policy; living ones keep theirs.
void take_over(Context& context, policy::SnapshotPtr policy);

}  // namespace sbc
