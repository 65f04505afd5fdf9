// Who stands at one door of ours: where, trusted or not, and how messages towards it look. And the way to somebody who
// may yet be asked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/flow.hh"
#include "base/ids.hh"
#include "policy/admission.hh"
#include "sbc/own_description.hh"

namespace sbc {

// Who stands at one door: its zone, its way, and how messages towards it look.
struct Party {
    base::ZoneId zone;
    base::PeerId peer = base::kNoPeer;
    base::Flow flow;                                  // its signalling: real source, or the target we chose
    bool trusted = false, far_end_nat = false;        // of its zone
    bool sips = false;                                // it asked for a sips URI, so our Contact is one (12.1.1)
    base::Endpoint ours;                              // our address as it sees it
    std::string contact;                              // our Contact there, a name-addr
    std::string sent_by;                              // our Via's sent-by there; empty: the flow's local endpoint
    const policy::Topology* topology = nullptr;       // of messages towards it; null: hide nothing
    const policy::HeaderRules* headers = nullptr;
    policy::CallRules rules;                          // of the nearest: route, peer, zone
    bool is_target = false;                           // the peer itself, chosen by name: not one who has its address
    bool counted = false;                             // against its peer's limits, as much as `load`
    policy::CallLoad load;
    std::optional<bool> updates;                      // its Allow names UPDATE; nothing: it sent none
    OwnDescriptions descriptions;                     // that we send it
};

// One target to try. Made when the route is chosen: what it says of peers and their numbers outlives a reload.
struct Way {
    Party party;
    std::string uri;                                  // the Request-URI there
    std::vector<std::string> path;                    // the Route to a registered phone (RFC 3327), or of one (RFC 3608)
};

}  // namespace sbc
