// The servers behind each peer (RFC 3263, 4.3): which of them a request tries, in what order, and how each is doing, by
// what calls met there and by our own probes (sbc/probing.hh). A target that was silent or broken is passed over for a
// while; one that asked for it (503 with Retry-After) is left alone for as long as it said.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/timers.hh"
#include "policy/routing.hh"
#include "sbc/views.hh"
#include "sip/locating.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;
struct Party;

struct TargetState {
    sip::Target at;
    std::uint32_t number = 0;              // with its peer it names the target in timers and transactions
    // By probes.
    bool probed = false, up = true;
    unsigned contrary = 0;                 // answers in a row that speak against `up`
    base::TimerHandle timer;
    sip::ClientId client;
    // By calls.
    base::Time passed_over_until{};
    bool asked_for_it = false;
    std::string why;                       // it is not used; empty: it is
};

struct PeerTargets {
    std::string peer, uri;                 // as the policy has them
    std::vector<sip::Server> servers;
    std::vector<TargetState> states;
    std::uint32_t last_number = 0;
};

struct Targets {
    std::vector<PeerTargets> of_peers;                        // by PeerId
    std::set<std::string, std::less<>> draining;              // peers by name: no new calls go there
};

// One target of one peer, to be tried once.
struct Attempt {
    base::PeerId peer;
    sip::Target target;
};

// For the policy that has just come into force: what is known of targets that stay is kept.
void set_up_targets(Context& context);
void place_servers(Context& context, base::PeerId peer, std::vector<sip::Server> servers);

// For all peers in their order, every target that may be used, once. Those that calls found silent stand there only
// where no other is left. An emergency call may go anywhere, what is well first.
std::vector<Attempt> attempts(Context& context, const std::vector<base::PeerId>& peers, bool emergency);

TargetState* target_named(Context& context, base::PeerId peer, std::uint32_t number);

// What a request met at the party that it was sent to.
void target_answered(Context& context, const Party& party);
void target_failed(Context& context, const Party& party, base::Reason why);
// A final response: 503 with Retry-After is heeded (RFC 3261, 21.5.4).
void target_responded(Context& context, const Party& party, const sip::Message& response);

std::vector<TargetView> view_targets(const Context& context, base::PeerId peer);

}  // namespace sbc
