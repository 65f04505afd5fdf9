#include "sbc/overview.hh"

#include <algorithm>

#include "sbc/context.hh"

namespace sbc {
namespace {

StreamEndView view_end(const Context& context, const MediaLine& line, Side side) {
    StreamEndView view;
    const auto& end = line.ends[at(side)];
    view.local = end.rtp_local;
    view.remote = end.rtp_remote;
    if (const auto* counters = context.relay.counters(line.stream, side)) {
        view.latched = counters->latched;
        view.packets = counters->packets;
        view.bytes = counters->bytes;
        view.lost = counters->lost;
        view.dropped = counters->dropped;
        view.jitter_ms = counters->jitter_ms;
    }
    return view;
}

std::string_view name_of(Call::State state) {
    switch (state) {
        case Call::State::early: return "early";
        case Call::State::established: return "established";
        case Call::State::terminating: return "terminating";
    }
    return {};
}

void view_carrier(PeerView& view, const CarrierRegistration& carrier, base::Time now) {
    view.registered = carrier.until && *carrier.until > now;
    if (*view.registered)
        view.expires_s = static_cast<std::uint32_t>((*carrier.until - now) / std::chrono::seconds(1));
    view.last_failure = carrier.last_failure;
}

}  // namespace

CallView view_call(const Context& context, const Call& call) {
    CallView view{.id = call.id, .state = std::string(name_of(call.state)), .from = call.from, .to = call.to,
                  .zone_a = {}, .zone_b = {}, .peer_a = {}, .peer_b = {}, .route = call.route, .emergency = call.emergency,
                  .started = call.started, .answered = call.answered, .streams = {}};
    const auto zone_name = [&](const Party& party) { return call.policy->zone(party.zone).name; };
    const auto peer_name = [&](const Party& party) {
        return party.peer == base::kNoPeer ? std::string() : call.policy->peer(party.peer).name;
    };
    view.zone_a = zone_name(call.party(Side::a));
    view.zone_b = zone_name(call.party(Side::b));
    view.peer_a = peer_name(call.party(Side::a));
    view.peer_b = peer_name(call.party(Side::b));
    for (const auto& pair : call.pairs)
        for (const auto& line : pair->lines)
            if (line.active && line.stream.value)
                view.streams.push_back({call.id, line.type, view_end(context, line, Side::a),
                                        view_end(context, line, Side::b), "user"});
    return view;
}

std::vector<CallView> view_calls(const Context& context) {
    std::vector<CallView> views;
    for (const auto& [number, call] : context.calls)
        if (call->kind == Call::Kind::invite) views.push_back(view_call(context, *call));
    return views;
}

std::vector<RegistrationView> view_registrations(const Context& context) {
    std::vector<RegistrationView> views;
    for (const auto& [number, registration] : context.registrations.all())
        views.push_back({std::string(registration.aor()), std::string(registration.contact()),
                         std::string(base::name_of(registration.flow.transport)) + " " + registration.flow.remote.to_string(),
                         context.policy->zone(context.policy->zone_of(registration.flow.listener)).name,
                         registration.registered, registration.expires, std::string(registration.texts().peer),
                         registration.upstream.expires});
    return views;
}

std::vector<PeerView> view_peers(const Context& context) {
    std::vector<PeerView> views;
    for (std::size_t p = 0; p < context.policy->peers.size(); ++p) {
        const auto& peer = context.policy->peers[p];
        const auto calls = context.peer_calls.find(peer.name);
        auto targets = view_targets(context, {static_cast<std::uint16_t>(p)});
        const auto some_are = [&](std::string_view state) {
            return std::ranges::find(targets, state, &TargetView::state) != targets.end();
        };
        const bool up = some_are("up"), down = !up && !some_are("unknown");
        auto& view = views.emplace_back(
            PeerView{peer.name, context.policy->zone(peer.zone).name, peer.uri, up ? "up" : down ? "down" : "unknown",
                     calls == context.peer_calls.end() ? 0 : calls->second, context.targets.draining.contains(peer.name),
                     !down ? std::string() : targets.empty() ? "no address is known" : targets.front().why,
                     std::move(targets)});
        for (const auto& [number, carrier] : context.carriers)
            if (carrier.peer == peer.name && !carrier.leaving) view_carrier(view, carrier, context.now);
    }
    return views;
}

Totals view_totals(const Context& context) {
    Totals totals = context.totals;
    for (const auto& [number, call] : context.calls) {
        if (call->kind == Call::Kind::invite && call->state != Call::State::terminating) ++totals.calls;
        totals.pinholes += call->open.size();
    }
    totals.registrations = context.registrations.size();
    totals.carriers = context.carriers.size();
    totals.transactions = context.transactions.size();
    totals.ports_in_use = context.pools.in_use();
    totals.streams = context.relay.size();
    totals.remains = context.calls.size() + context.calls_by_tag.size() + context.calls_by_stream.size() +
                     context.requests.size() + context.turns.size() + context.farewells.size() + context.servers.size() + context.clients.size() +
                     context.pinhole_requests.size() + context.referrals.size() + context.peer_calls.size() +
                     context.journalled.size() +
                     context.timers.armed();
    return totals;
}

}  // namespace sbc
