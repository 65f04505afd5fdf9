#include "sbc/targets.hh"

#include <algorithm>

#include "base/log.hh"
#include "base/number.hh"
#include "sbc/context.hh"
#include "sbc/probing.hh"

namespace sbc {
namespace {

// What a stranger's Retry-After may cost us.
constexpr base::Duration kLongestRest = std::chrono::minutes(5);

enum class Fitness : std::uint8_t { well, doubtful, unfit };

Fitness fitness_of(const Context& context, const TargetState& state) {
    const bool resting = context.now < state.passed_over_until;
    if ((state.probed && !state.up) || (resting && state.asked_for_it)) return Fitness::unfit;
    return resting ? Fitness::doubtful : Fitness::well;
}

TargetState* target_of(Context& context, const Party& party) {
    if (party.peer.value >= context.targets.of_peers.size()) return nullptr;
    auto& states = context.targets.of_peers[party.peer.value].states;
    const sip::Target at{party.flow.remote, party.flow.transport};
    const auto found = std::ranges::find(states, at, &TargetState::at);
    return found == states.end() ? nullptr : &*found;
}

void pass_over(Context& context, const Party& party, TargetState& state, base::Duration rest, std::string why) {
    const bool news = context.now >= state.passed_over_until;
    state.passed_over_until = std::max(state.passed_over_until, context.now + rest);
    state.why = std::move(why);
    if (news)
        base::log::warning("target_passed_over",
                           base::log::Fields("peer", context.policy->peer(party.peer).name)(
                               "target", state.at.remote.to_string())("why", state.why)(
                               "seconds", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(rest).count())));
    probe_soon(context, party.peer, state);
}

// The targets of `servers`, with what is known of each from before.
std::vector<TargetState> states_of(PeerTargets& peer, std::vector<TargetState>& before) {
    std::vector<TargetState> states;
    for (const auto& server : peer.servers)
        for (const auto& address : server.addresses) {
            const sip::Target at{{address, server.port}, server.transport};
            if (std::ranges::find(states, at, &TargetState::at) != states.end()) continue;
            const auto known = std::ranges::find(before, at, &TargetState::at);
            if (known != before.end()) states.push_back(std::exchange(*known, {}));
            else states.emplace_back().at = at;
            if (!states.back().number) states.back().number = ++peer.last_number;
        }
    return states;
}

const sip::Server* server_of(const PeerTargets& peer, const sip::Target& target) {
    const auto found = std::ranges::find_if(peer.servers, [&](const sip::Server& server) {
        return server.transport == target.transport && server.port == target.remote.port &&
               std::ranges::find(server.addresses, target.remote.address) != server.addresses.end();
    });
    return found == peer.servers.end() ? nullptr : &*found;
}

std::string_view state_name_of(const Context& context, const TargetState& state) {
    if (state.probed && !state.up) return "down";
    if (context.now < state.passed_over_until) return "passed_over";
    return state.probed ? "up" : "unknown";
}

}  // namespace

void set_up_targets(Context& context) {
    auto before = std::exchange(context.targets.of_peers, {});
    for (auto& peer : before)
        for (auto& state : peer.states) stop_probing(context, state);
    for (std::size_t p = 0; p < context.policy->peers.size(); ++p) {
        const auto& peer = context.policy->peers[p];
        const auto known = std::ranges::find(before, peer.name, &PeerTargets::peer);
        auto& targets = context.targets.of_peers.emplace_back();
        if (known != before.end() && known->uri == peer.uri) targets = std::move(*known);
        targets.peer = peer.name;
        targets.uri = peer.uri;
        const base::PeerId id{static_cast<std::uint16_t>(p)};
        // A numeric host needs no DNS, and answers at once.
        if (peer.address)
            place_servers(context, id, sip::locate(context.policy->destination_of(peer), sip::DnsCache{{}}, context.now).servers);
        else
            start_probing(context, id);
    }
}

void place_servers(Context& context, base::PeerId id, std::vector<sip::Server> servers) {
    if (id.value >= context.targets.of_peers.size()) return;
    auto& peer = context.targets.of_peers[id.value];
    peer.servers = std::move(servers);
    auto before = std::exchange(peer.states, {});
    peer.states = states_of(peer, before);
    for (auto& gone : before) stop_probing(context, gone);
    start_probing(context, id);
}

std::vector<Attempt> attempts(Context& context, const std::vector<base::PeerId>& peers, bool emergency) {
    std::vector<Attempt> well, doubtful, unfit;
    for (const auto id : peers) {
        if (id.value >= context.targets.of_peers.size()) continue;
        const auto& peer = context.targets.of_peers[id.value];
        if (!emergency && (context.targets.draining.contains(peer.peer) || is_gone(context, peer.peer))) continue;
        for (const auto& target : sip::in_order(peer.servers, context.entropy)) {
            const auto state = std::ranges::find(peer.states, target, &TargetState::at);
            const auto fitness = state == peer.states.end() ? Fitness::well : fitness_of(context, *state);
            (fitness == Fitness::well ? well : fitness == Fitness::doubtful ? doubtful : unfit).push_back({id, target});
        }
    }
    if (emergency) {
        std::ranges::move(doubtful, std::back_inserter(well));
        std::ranges::move(unfit, std::back_inserter(well));
        return well;
    }
    return well.empty() ? doubtful : well;
}

TargetState* target_named(Context& context, base::PeerId peer, std::uint32_t number) {
    if (peer.value >= context.targets.of_peers.size()) return nullptr;
    auto& states = context.targets.of_peers[peer.value].states;
    const auto found = std::ranges::find(states, number, &TargetState::number);
    return found == states.end() ? nullptr : &*found;
}

void target_answered(Context& context, const Party& party) {
    auto* state = target_of(context, party);
    if (!state || state->asked_for_it || state->passed_over_until == base::Time{}) return;
    state->passed_over_until = {};
    if (state->up) state->why.clear();
}

void target_failed(Context& context, const Party& party, base::Reason why) {
    auto* state = target_of(context, party);
    if (state) suspect(context, party.peer);
    const auto rest = state ? context.policy->peer(party.peer).blacklist : base::Duration{0};
    if (rest <= base::Duration{0}) return;
    state->asked_for_it = false;
    pass_over(context, party, *state, rest, std::string(base::text_of(why)));
}

void target_responded(Context& context, const Party& party, const sip::Message& response) {
    const auto text = response.value(sip::HeaderName::retry_after);
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto seconds = base::to_number<std::uint32_t>(digits, 1'000'000);
    auto* state = target_of(context, party);
    if (response.status() == 503 && state) suspect(context, party.peer);
    if (response.status() != 503 || !seconds || !*seconds || !state) return target_answered(context, party);
    state->asked_for_it = true;
    pass_over(context, party, *state, std::min<base::Duration>(std::chrono::seconds(*seconds), kLongestRest),
              "it answered 503 with Retry-After");
}

std::vector<TargetView> view_targets(const Context& context, base::PeerId id) {
    std::vector<TargetView> views;
    const auto& peer = context.targets.of_peers[id.value];
    for (const auto& state : peer.states) {
        const auto* server = server_of(peer, state.at);
        TargetView view{state.at.remote, state.at.transport, server ? server->name : std::string(),
                        server ? server->rank : std::uint16_t{0}, server ? server->weight : std::uint16_t{0},
                        std::string(state_name_of(context, state)), {}, 0};
        if (view.state == "down" || view.state == "passed_over") view.why = state.why;
        for (const auto& [number, call] : context.calls)
            for (const auto& party : call->parties)
                if (party.counted && party.peer == id && party.flow.remote == state.at.remote &&
                    party.flow.transport == state.at.transport)
                    ++view.calls;
        views.push_back(std::move(view));
    }
    return views;
}

}  // namespace sbc
