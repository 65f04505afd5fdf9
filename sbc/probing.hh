// Our own OPTIONS to each target of a peer (RFC 3261, 11): it is up while it answers anything but 503, down after as
// many failures in a row as its peer's policy says, and up again the same way.
#pragma once

#include "sbc/targets.hh"

namespace sbc {

void start_probing(Context& context, base::PeerId peer);        // those targets that are not yet probed
void stop_probing(Context& context, TargetState& target);
// Before its turn, where it is probed at all: calls have met something there.
void probe_soon(Context& context, base::PeerId peer, TargetState& target);

// `name`: of the target, as timers and transactions carry it.
base::PeerId peer_of_probe(std::uint64_t name);
void probe_is_due(Context& context, std::uint64_t name);
void probe_answered(Context& context, std::uint64_t name, bool up);

}  // namespace sbc
