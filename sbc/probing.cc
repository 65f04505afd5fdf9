#include "sbc/probing.hh"

#include "base/log.hh"
#include "sbc/context.hh"
#include "sbc/relay_request.hh"

namespace sbc {
namespace {

constexpr base::Duration kSoon = std::chrono::seconds(1);

std::uint64_t name_of(base::PeerId peer, const TargetState& target) {
    return std::uint64_t{peer.value} << 32 | target.number;
}

TargetState* target_of(Context& context, std::uint64_t name) {
    return target_named(context, peer_of_probe(name), static_cast<std::uint32_t>(name));
}

void arm(Context& context, base::PeerId peer, TargetState& target, base::Duration wait) {
    context.timers.cancel(target.timer);
    target.timer = context.timers.arm(context.now + wait, {Alarm::Kind::probe, name_of(peer, target), 0});
}

void probe(Context& context, base::PeerId id, TargetState& target) {
    const auto& peer = context.policy->peer(id);
    arm(context, id, target, peer.probe);
    auto to = context.party_of(id, target.at, nullptr);
    if (!to || target.client.value) return;
    context.introduce(*to, context.token());
    sip::Dialog dialog;
    dialog.call_id = context.token() + context.entropy.token(8);
    dialog.local_tag = context.token();
    dialog.local_uri = "<sip:" + to->sent_by + ">";
    dialog.remote_target = uri_at_peer(peer, {});
    dialog.remote_uri = "<" + dialog.remote_target + ">";
    auto options = dialog.make_request(sip::Method::options);
    options.set(sip::HeaderName::contact, to->contact);
    target.client = context.transactions.request(std::move(options), to->flow, to->sent_by, context.now);
    context.clients[target.client] = {Owner::Kind::probe, name_of(id, target)};
}

}  // namespace

base::PeerId peer_of_probe(std::uint64_t name) { return {static_cast<std::uint16_t>(name >> 32)}; }

void start_probing(Context& context, base::PeerId id) {
    if (context.policy->peer(id).probe <= base::Duration{0}) return;
    // A probe may come to nothing at once: what it changes is this list's contents, never its length.
    for (auto& target : context.targets.of_peers[id.value].states)
        if (!target.timer.slot) probe(context, id, target);
}

void stop_probing(Context& context, TargetState& target) {
    context.timers.cancel(target.timer);
    if (!target.client.value) return;
    context.transactions.abandon(target.client);
    context.clients.erase(target.client);
    target.client = {};
}

void probe_soon(Context& context, base::PeerId id, TargetState& target) {
    if (context.policy->peer(id).probe > kSoon && !target.client.value) arm(context, id, target, kSoon);
}

void probe_is_due(Context& context, std::uint64_t name) {
    if (auto* target = target_of(context, name)) probe(context, peer_of_probe(name), *target);
}

void probe_answered(Context& context, std::uint64_t name, bool up) {
    auto* target = target_of(context, name);
    if (!target) return;
    context.clients.erase(target->client);
    target->client = {};
    const auto& peer = context.policy->peer(peer_of_probe(name));
    if (up && !target->asked_for_it) target->passed_over_until = {};
    const bool first = !target->probed && up;
    target->contrary = target->up == up ? 0 : target->contrary + 1;
    target->probed = target->probed || up || target->contrary >= peer.probe_down_after;
    const bool turned = target->contrary && target->contrary >= (up ? peer.probe_up_after : peer.probe_down_after);
    if (turned) {
        target->up = up;
        target->contrary = 0;
    }
    if (target->up && target->passed_over_until == base::Time{}) target->why.clear();
    if (!target->up) target->why = "it does not answer OPTIONS";
    if (turned || first)
        base::log::info(up ? "peer_up" : "peer_down",
                        base::log::Fields("peer", peer.name)("target", target->at.remote.to_string()));
}

}  // namespace sbc
