// Which peer a request goes to (routes), asked for each new call and each request outside a dialog.
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/ids.hh"
#include "base/reason.hh"
#include "policy/snapshot.hh"
#include "policy/status_range.hh"
#include "sip/message.hh"

namespace policy {

struct Facts {
    base::ZoneId zone;
    base::PeerId peer = base::kNoPeer;      // whom the source belongs to
    base::Transport transport = base::Transport::udp;
    base::Endpoint source;
    const sip::Message* request = nullptr;
    bool registered = false;                // the request URI names a phone that has registered through us
};

// One line of an explanation: which rule was asked, and what it answered.
struct Step {
    std::string what;      // "route \"calls from outside\""
    Place place;
    bool matched = false;
    std::string why;       // "method INVITE is not REGISTER"
};
using Trace = std::vector<Step>;

// How a call rings the peers of its route.
enum class Forking : std::uint8_t {
    none,       // one after another, as failover says
    parallel,   // all at once
    serial,     // one after another, each for its time, whatever it answers
};

struct RouteDecision {
    bool accepted = false;
    bool emergency = false;                   // no limit holds
    int status = 404;                         // when not accepted
    std::string reason_phrase;
    base::Reason reason = base::Reason::no_route;
    std::string route;                        // the name of the route that decided; empty when none did
    Place place;
    std::vector<base::PeerId> targets;        // in the order to try; failover goes down the list
    bool registered = false;                  // instead: the phones that have registered the address that is asked for
    StatusRanges failover_on;                 // response codes that try the next; time-out and transport always do
    base::Duration failover_after{std::chrono::seconds(5)};  // without any provisional response
    Forking fork = Forking::none;
    base::Duration ring{0};                   // of each branch when serial
    const Topology* topology = nullptr;       // of the route; the nearest wins: route, peer, zone
    const HeaderRules* headers = nullptr;
    CallRules call_rules;
};

// `spread` in [0, 1): the caller's randomness for weighted order; hash order uses what the route names.
RouteDecision route(const Snapshot& snapshot, const Facts& facts, double spread, Trace* trace = nullptr);

// What messages towards a target go through, the nearest first: the route's, the peer's, its zone's. May be null.
const Topology* topology_towards(const Snapshot& snapshot, const Topology* of_route, base::PeerId target);
const HeaderRules* headers_towards(const Snapshot& snapshot, const HeaderRules* of_route, base::PeerId target);

}  // namespace policy
