// The media of forks (RFC 3261, 13.2.2.4; RFC 3264, 5.1): one offer, several answers, and at our side b one port for all.
#pragma once

#include <optional>

#include "base/reason.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

// The first fork is about to answer our offer, or another one has shown itself: whatever the first makes of its lines,
// the offer's ports at side b stay for those yet unheard, until one is chosen. What comes there early waits for them.
void keep_offer(Context& context, Call& call);
void release_offer(Context& context, Call& call);
// A fork beyond the first: the streams of the kept offer at side b, ports of its own at side a.
std::optional<base::Reason> fork_media(Context& context, Call& call, DialogPair& fork);

// One of several forks is left: they shared a port at side b, and the sources latched there may be another's. They are
// learnt again, for good only when the others have fallen silent (docs/decisions/0015).
void doubt_sources(Context& context, DialogPair& pair);

}  // namespace sbc
