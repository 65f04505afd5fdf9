#include "sbc/context.hh"

#include "sbc/home.hh"

namespace sbc {

Context::Context(const Environment& environment, policy::SnapshotPtr policy_, base::Time now_)
    : worker(environment.worker),
      workers(environment.workers),
      entropy(*environment.entropy),
      relay(*environment.relay),
      policy(std::move(policy_)),
      now(now_),
      admission(policy, 1.0 / environment.workers),
      transactions(environment.worker, entropy, policy->timers.transaction),
      timers(now_),
      pools(environment.worker, environment.workers, entropy),
      key(environment.key ? *environment.key : sip::make_key(entropy)),
      nonces(key),
      wall(environment.wall) {
    pools.take_over(*policy);
}

void Context::collect_sends() {
    for (auto& send : transactions.take_sends()) effects.emplace_back(std::move(send));
}

void Context::change_pinholes(PinholeToken token, std::vector<nft::Change> changes) {
    if (changes.empty()) return;
    collect_sends();
    effects.emplace_back(ChangePinholes{token, std::move(changes)});
}

std::optional<base::Reason> Context::count(Party& party) {
    if (party.peer == base::kNoPeer) return std::nullopt;
    if (const auto refused = admission.begin_call(party.peer, now, party.load)) return refused;
    party.counted = true;
    ++peer_calls[policy->peer(party.peer).name];
    return std::nullopt;
}

void Context::uncount(const policy::Snapshot& of_call, Party& party) {
    if (!std::exchange(party.counted, false)) return;
    const auto& peer = of_call.peer(party.peer).name;
    admission.end_call(peer, party.load);
    if (const auto found = peer_calls.find(peer); found != peer_calls.end() && --found->second == 0)
        peer_calls.erase(found);
}

Call* Context::call(base::CallNumber number) {
    const auto found = calls.find(number);
    return found == calls.end() ? nullptr : found->second.get();
}

Call* Context::call_by_tag(std::string_view our_tag) {
    const auto found = calls_by_tag.find(our_tag);
    return found == calls_by_tag.end() ? nullptr : call(found->second);
}

std::string Context::token() { return make_token(worker, entropy); }

Party Context::party_of(const base::Flow& flow) const {
    Party party;
    party.zone = policy->zone_of(flow.listener);
    party.peer = policy->peer_of(party.zone, flow.remote.address);
    party.flow = flow;
    const auto& zone = policy->zone(party.zone);
    party.trusted = zone.trusted;
    party.far_end_nat = zone.nat == policy::NatMode::far_end;
    party.ours = policy->listener(flow.listener).advertised;
    party.topology = zone.topology;
    party.headers = zone.headers;
    party.rules = zone.call_rules;
    if (party.peer == base::kNoPeer) return party;
    const auto& peer = policy->peer(party.peer);
    if (peer.topology) party.topology = peer.topology;
    if (peer.headers) party.headers = peer.headers;
    party.rules = policy::filled(peer.call_rules, party.rules);
    return party;
}

Party Context::party_towards(const base::Flow& flow, const policy::RouteDecision* route) const {
    Party party = party_of(flow);
    if (route && route->topology) party.topology = route->topology;
    if (route && route->headers) party.headers = route->headers;
    if (route) party.rules = policy::filled(route->call_rules, party.rules);
    return party;
}

std::optional<Party> Context::party_of(base::PeerId id, const sip::Target& target,
                                       const policy::RouteDecision* route) const {
    const auto& peer = policy->peer(id);
    const auto* listener = policy->listener_for(peer.zone, target.transport, target.remote.address.is_v4());
    if (!listener) return std::nullopt;
    const base::Flow flow{listener->id, target.transport, listener->local, target.remote, {}, id};
    Party party = party_towards(flow, route);
    party.peer = id;
    party.is_target = true;
    if (peer.topology && !(route && route->topology)) party.topology = peer.topology;
    if (peer.headers && !(route && route->headers)) party.headers = peer.headers;
    party.rules = policy::filled(peer.call_rules, policy->zone(peer.zone).call_rules);
    if (route) party.rules = policy::filled(route->call_rules, party.rules);
    return party;
}

void Context::introduce(Party& party, std::string_view user) const {
    party.sent_by = party.ours.to_string();
    party.contact = party.sips ? "<sips:" : "<sip:";
    party.contact.append(user).append("@").append(party.sent_by);
    const bool said = party.sips && party.flow.transport == base::Transport::tls;   // RFC 5630, 3.1.4
    if (party.flow.transport != base::Transport::udp && !said)
        party.contact.append(";transport=").append(base::uri_name_of(party.flow.transport));
    party.contact += '>';
}

}  // namespace sbc
