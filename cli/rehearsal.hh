// Plays one message to the real B2BUA, which has no sockets and so cannot send it: what would leave, and what would be
// answered, is what the daemon would do. The kernel acknowledges every pinhole, no peer answers but to probes, names
// that only DNS knows get addresses of the documentation's, and all that is random comes from one seed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/flow.hh"
#include "base/result.hh"
#include "policy/snapshot.hh"
#include "sip/locating.hh"
#include "sip/message.hh"

namespace cli {

// The request as it leaves for one target. Each further target is tried because the one before was silent.
struct Departure {
    base::Flow flow;
    std::string message;
};

struct Rehearsal {
    std::vector<Departure> sent;
    std::optional<sip::Message> answer;   // the final response to the sender, where nothing was sent before
};

struct Scene {
    base::Flow flow;                      // the message's own
    std::string registered;               // URI: a phone with this Contact has registered before, and is whom it is for
};

// The listener's flow that a message of this zone, transport and source comes by; nothing where there is none.
std::optional<base::Flow> arrival(const policy::Snapshot& snapshot, base::ZoneId zone, base::Transport transport,
                                  const base::Endpoint& source);
// Where a peer's messages go: its address, or one that stands for what the DNS would say of its name.
sip::Target whereabouts(const policy::Snapshot& snapshot, base::PeerId peer);

// Nothing: no zone lets that phone register. The message's Request-URI becomes the one that its registrar was given.
std::optional<Rehearsal> rehearse(const policy::SnapshotPtr& snapshot, const Scene& scene, sip::Message& message);

}  // namespace cli
