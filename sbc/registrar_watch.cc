#include "sbc/registrar_watch.hh"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.hh"
#include "sbc/context.hh"
#include "sbc/relay_request.hh"

namespace sbc {
namespace {

constexpr base::Duration kPatience = std::chrono::seconds(4);   // with a scout
constexpr base::Duration kRounds = std::chrono::seconds(5);     // between those that look for one that is gone
constexpr base::Duration kNews = std::chrono::seconds(1);       // a suspicion is not told more often
constexpr std::size_t kMostScouts = 8;

bool is_watchman(const Context& context) { return context.worker == base::WorkerId{}; }

std::optional<base::PeerId> peer_named(const Context& context, std::string_view name) {
    const auto& peers = context.policy->peers;
    const auto found = std::ranges::find(peers, name, &policy::Peer::name);
    if (found == peers.end() || !found->outlived) return std::nullopt;
    return base::PeerId{static_cast<std::uint16_t>(found - peers.begin())};
}

WatchedRegistrars::value_type* numbered(Context& context, std::uint64_t number) {
    const auto is_it = [&](const auto& one) { return one.second.number == number; };
    const auto found = std::ranges::find_if(context.registrars, is_it);
    return found == context.registrars.end() ? nullptr : &*found;
}

WatchedRegistrar& watched(Context& context, std::string_view peer) {
    auto& one = context.registrars[std::string(peer)];
    if (!one.number) one.number = ++context.last_number;
    return one;
}

void call_back(Context& context, WatchedRegistrar& one) {
    context.timers.cancel(one.timer);
    for (const auto client : std::exchange(one.scouts, {})) {
        context.transactions.abandon(client);
        context.clients.erase(client);
    }
}

void wait(Context& context, WatchedRegistrar& one, base::Duration time) {
    context.timers.cancel(one.timer);
    one.timer = context.timers.arm(context.now + time, {Alarm::Kind::scouts, one.number, 0, {}});
}

// It is gone: what still waits for its answer need not wait longer.
void give_up_waiting(Context& context, std::string_view peer) {
    std::vector<std::uint64_t> waiting;
    for (const auto& [number, relayed] : context.requests)
        if (relayed.client.value && relayed.to.peer != base::kNoPeer && relayed.to.is_target &&
            relayed.policy->peer(relayed.to.peer).name == peer)
            waiting.push_back(number);
    for (const auto number : waiting) {
        context.transactions.abandon(context.requests.at(number).client);
        request_outside_dialog_failed(context, number, base::Reason::request_timeout);
    }
}

// It is back, and may remember nobody: each phone's next refresh goes there.
void lead_back(Context& context, std::string_view peer, base::PeerId id) {
    std::vector<std::string> theirs;
    for (const auto& [token, registration] : context.registrations.all())
        if (registration.upstream.peer == peer) theirs.push_back(token);
    for (const auto& token : theirs) context.registrations.find(token)->upstream.renew = context.now;
    for (auto& state : context.targets.of_peers[id.value].states)
        if (!state.asked_for_it) state.passed_over_until = {};
}

void decide(Context& context, std::string_view peer, bool gone) {
    auto& one = watched(context, peer);
    const bool news = one.gone != gone;
    one.gone = gone;
    if (news && gone) one.since = context.now;
    if (gone && is_watchman(context)) wait(context, one, kRounds);
    if (news && is_watchman(context)) {
        base::log::Fields fields("peer", peer);
        if (gone) base::log::warning("registrar_gone", fields("why", "its phones are served here"));
        else
            base::log::info("registrar_back", fields("seconds", std::to_string(
                std::chrono::duration_cast<std::chrono::seconds>(context.now - one.since).count())));
        if (context.workers > 1)
            context.effects.emplace_back(RegistrarNews{gone ? RegistrarNews::Kind::gone : RegistrarNews::Kind::back,
                                                       std::string(peer), std::nullopt});
    }
    if (!gone) context.registrars.erase(std::string(peer));
    if (news && gone) give_up_waiting(context, peer);
    if (const auto id = peer_named(context, peer); news && !gone && id) lead_back(context, peer, *id);
}

// A REGISTER without Contact asks which bindings there are; what it is answered is no matter.
sip::Message scout_to(Context& context, const Party& to) {
    const auto uri = uri_at_peer(context.policy->peer(to.peer), {});
    sip::Dialog dialog;
    dialog.call_id = context.token() + context.entropy.token(8);
    dialog.local_tag = context.token();
    dialog.local_uri = dialog.remote_uri = "<" + uri_at_peer(context.policy->peer(to.peer), "sallyport") + ">";
    dialog.remote_target = uri;
    return dialog.make_request(sip::Method::register_);
}

void send_scouts(Context& context, const std::string& peer) {
    const auto id = peer_named(context, peer);
    if (!id) return;
    auto& one = watched(context, peer);
    wait(context, one, kPatience);
    for (const auto& state : std::vector(context.targets.of_peers[id->value].states)) {
        // Probes know better, and who asked to be left alone is.
        const bool unfit = (state.probed && !state.up) || (state.asked_for_it && context.now < state.passed_over_until);
        auto to = unfit || one.scouts.size() >= kMostScouts ? std::nullopt : context.party_of(*id, state.at, nullptr);
        if (!to) continue;
        context.introduce(*to, context.token());
        const auto client = context.transactions.request(scout_to(context, *to), to->flow, to->sent_by, context.now);
        context.clients[client] = {Owner::Kind::scout, one.number};
        one.scouts.push_back(client);
    }
    if (one.scouts.empty()) decide(context, peer, true);
}

}  // namespace

bool is_gone(const Context& context, std::string_view peer) {
    if (context.registrars.empty()) return false;
    const auto found = context.registrars.find(peer);
    return found != context.registrars.end() && found->second.gone;
}

void suspect(Context& context, base::PeerId id) {
    const auto& peer = context.policy->peer(id);
    if (!peer.outlived) return;
    auto& one = watched(context, peer.name);
    if (one.gone || one.timer.slot) return;
    if (is_watchman(context)) return send_scouts(context, peer.name);
    if (context.now < one.suspected + kNews) return;
    one.suspected = context.now;
    context.effects.emplace_back(RegistrarNews{RegistrarNews::Kind::suspected, peer.name, base::WorkerId{}});
}

void hear(Context& context, const RegistrarNews& news) {
    const auto id = peer_named(context, news.peer);
    if (!id) return;
    if (news.kind == RegistrarNews::Kind::suspected) return suspect(context, *id);
    decide(context, news.peer, news.kind == RegistrarNews::Kind::gone);
}

void scout_answered(Context& context, std::uint64_t number, sip::ClientId client, int status) {
    context.clients.erase(client);
    auto* found = numbered(context, number);
    if (!found) return;
    const auto peer = found->first;
    std::erase(found->second.scouts, client);
    const bool alive = status && status != 503;
    if (!alive && !found->second.scouts.empty()) return;
    call_back(context, found->second);
    decide(context, peer, !alive);
}

void scouts_are_due(Context& context, std::uint64_t number) {
    auto* found = numbered(context, number);
    if (!found) return;
    const auto peer = found->first;
    const bool silent = !found->second.scouts.empty();
    call_back(context, found->second);
    if (silent) decide(context, peer, true);
    else send_scouts(context, peer);
}

void settle_registrars(Context& context) {
    for (auto one = context.registrars.begin(); one != context.registrars.end();) {
        const bool stays = peer_named(context, one->first).has_value();
        if (!stays) call_back(context, one->second);
        one = stays ? std::next(one) : context.registrars.erase(one);
    }
}

}  // namespace sbc
