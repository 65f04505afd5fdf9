// Routes are asked in the order of the files; the first that matches decides. Orders its targets: as listed,
// by weight and chance, or by rendezvous hashing on what the route names, so that a peer that comes or goes moves only
// its own.
#include "policy/routing.hh"

#include <algorithm>
#include <cmath>

#include "policy/emergency.hh"
#include "policy/match.hh"

namespace policy {
namespace {

// A well-mixed number in (0, 1).
double fraction(std::uint64_t seed) {
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9U;  // splitmix64's finalizer
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebU;
    seed ^= seed >> 31;
    return (static_cast<double>(seed >> 11) + 0.5) * 0x1p-53;
}

// Efraimidis and Spirakis: sorting by u^(1/w) draws by weight without replacement; the same formula with a
// hash for u is weighted rendezvous hashing.
std::vector<base::PeerId> by_score(const Snapshot& snapshot, const Route& route, std::uint64_t seed) {
    struct Scored {
        double score;
        base::PeerId peer;
    };
    std::vector<Scored> scored;
    for (const RouteTarget& target : route.to) {
        const double u = fraction(hash_more(seed, snapshot.peer(target.peer).name));
        scored.push_back({std::log(u) / target.weight, target.peer});
    }
    std::ranges::stable_sort(scored, std::ranges::greater{}, &Scored::score);
    std::vector<base::PeerId> peers;
    for (const Scored& s : scored) peers.push_back(s.peer);
    return peers;
}

std::string hashed_text(const Route& route, const Facts& facts, MessageFields& fields) {
    switch (route.hash_on) {
        case Route::HashOn::call_id:
            return std::string(facts.request->call_id());
        case Route::HashOn::from_user:
            return unescaped(user_of(fields.from().uri));
        case Route::HashOn::to_user:
            return unescaped(user_of(fields.to().uri));
        case Route::HashOn::request_user:
            return unescaped(user_of(fields.request_uri()));
        case Route::HashOn::source:
            return facts.source.address.to_string();
    }
    return {};
}

std::vector<base::PeerId> ordered(const Snapshot& snapshot, const Route& route, const Facts& facts,
                                  MessageFields& fields, double spread) {
    if (route.order == Route::Order::hash)
        return by_score(snapshot, route, hash_more(kHashStart, hashed_text(route, facts, fields)));
    if (route.order == Route::Order::weighted)
        return by_score(snapshot, route, kHashStart ^ static_cast<std::uint64_t>(spread * 0x1p53));
    std::vector<base::PeerId> peers;
    for (const RouteTarget& target : route.to) peers.push_back(target.peer);
    return peers;
}

RouteDecision decide(const Snapshot& snapshot, const Route& route, const Facts& facts, MessageFields& fields,
                     double spread) {
    RouteDecision decision;
    decision.route = route.name;
    decision.place = route.place;
    decision.topology = route.topology;
    decision.headers = route.headers;
    decision.call_rules = route.call_rules;
    if (route.to.empty() && !route.registered) {
        decision.status = route.reject_code;
        decision.reason_phrase = route.reject_reason;
        decision.reason = base::Reason::route_rejects;
        return decision;
    }
    decision.accepted = true;
    decision.registered = route.registered;
    decision.targets = ordered(snapshot, route, facts, fields, spread);
    decision.failover_on = route.failover_on;
    decision.failover_after = route.failover_after;
    decision.fork = route.fork;
    decision.ring = route.ring;
    return decision;
}

// Before all routes; whatever is answered but the call's own end, the next is asked.
std::optional<RouteDecision> emergency_route(const Snapshot& snapshot, Trace* trace) {
    if (snapshot.emergency.to.empty()) return std::nullopt;
    RouteDecision decision;
    decision.accepted = true;
    decision.route = "emergency";
    decision.place = snapshot.emergency.place;
    decision.targets = snapshot.emergency.to;
    decision.failover_on = {{300, 486}, {488, 699}};
    if (trace) trace->push_back({"emergency", decision.place, true, "an emergency call"});
    return decision;
}

RouteDecision route_by_rules(const Snapshot& snapshot, const Facts& facts, double spread, Trace* trace) {
    MessageFields fields(*facts.request);
    if (snapshot.rules) {
        for (const Route& candidate : snapshot.rules->routes) {
            std::string why;
            bool matched = comes_from(candidate.from, facts);
            if (matched)
                matched = matches(candidate.match, snapshot, facts, fields, trace ? &why : nullptr);
            else if (trace)
                why = "the request does not come from " + describe(candidate.from, snapshot);
            if (trace)
                trace->push_back(
                    {"route \"" + candidate.name + '"', candidate.place, matched, std::move(why)});
            if (matched) return decide(snapshot, candidate, facts, fields, spread);
        }
    }
    RouteDecision none;
    none.status = base::sip_status_of(base::Reason::no_route);
    return none;
}

}  // namespace

RouteDecision route(const Snapshot& snapshot, const Facts& facts, double spread, Trace* trace) {
    const bool emergency = facts.request->method() == sip::Method::invite && is_emergency(snapshot, *facts.request);
    auto decision = emergency ? emergency_route(snapshot, trace) : std::nullopt;
    if (!decision) decision = route_by_rules(snapshot, facts, spread, trace);
    decision->emergency = emergency;
    return std::move(*decision);
}

const Topology* topology_towards(const Snapshot& snapshot, const Topology* of_route, base::PeerId target) {
    if (of_route) return of_route;
    const Peer& peer = snapshot.peer(target);
    return peer.topology ? peer.topology : snapshot.zone(peer.zone).topology;
}

const HeaderRules* headers_towards(const Snapshot& snapshot, const HeaderRules* of_route,
                                   base::PeerId target) {
    if (of_route) return of_route;
    const Peer& peer = snapshot.peer(target);
    return peer.headers ? peer.headers : snapshot.zone(peer.zone).headers;
}

}  // namespace policy
