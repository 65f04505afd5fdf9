// Owns: RFC 3261, 13.3.1 and 16.6 as a B2BUA keeps them, 8.2.2.2's merged requests beyond the transaction layer, loop
// detection by our own tag coming back.
#include "sbc/call_invite.hh"

#include <algorithm>

#include "base/log.hh"
#include "policy/emergency.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_forks.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_redirect.hh"
#include "sbc/call_refer.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/privacy.hh"
#include "sbc/description.hh"
#include "sbc/emergency.hh"
#include "sbc/named_dialog.hh"
#include "sbc/topology.hh"
#include "sdp/bandwidth.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

std::string user_of(std::string_view uri) {
    const auto parsed = sip::Uri::parse(uri);
    return parsed ? parsed->user : std::string();
}

std::string host_of(std::string_view uri) {
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return {};
    const auto address = parsed->host_address();
    return address ? base::host_text(*address) : parsed->host;
}

// Our own INVITE came back unchanged: a loop. With another Request-URI it is a spiral, and welcome (16.3).
bool is_loop(Context& context, const sip::Message& request) {
    const auto* call = context.call_by_tag(request.from_tag());
    return call && call->setup && call->setup->far.call_id == request.call_id() &&
           call->setup->sent_uri == request.request_uri();
}

// What the call asks of the network, where a peer that it may concern has a limit on that.
std::uint64_t kbits_asked(const Context& context, base::PeerId caller, const Setup& setup) {
    const auto limited = [&](base::PeerId peer) {
        return peer != base::kNoPeer && context.policy->peer(peer).limits.bandwidth.has_value();
    };
    if (setup.request.method() != Method::invite || (!limited(caller) && std::ranges::none_of(setup.route.targets, limited)))
        return 0;
    const auto session = sdp::Session::parse(description_of(setup.request), context.policy->sdp_limits);
    return has_description(setup.request) && session ? sdp::kbits_of(*session) : sdp::kUsualKbits;
}

// Sets up side b: who it is, what our dialog there looks like. False: it is not to be reached.
bool choose_far_side(Context& context, Call& call, Party party) {
    auto& setup = *call.setup;
    if (wants_sips(setup.request) && !base::is_secure(party.flow.transport)) return false;
    party.load = call.party(Side::a).load;
    party.load.direction = policy::CallLoad::Direction::out;
    // Limits are those of the policy in force, which numbers its peers anew.
    if (party.is_target && call.policy == context.policy && context.count(party)) return false;
    setup.far = sip::Dialog{};
    setup.far.call_id = context.token() + context.entropy.token(8);
    setup.far.local_tag = context.token();
    own_tag(context, call, setup.far.local_tag);
    context.introduce(party, setup.far.local_tag);
    call.parties[at(Side::b)] = std::move(party);
    return true;
}

void forget_far_side(Context& context, Call& call) {
    auto& party = call.party(Side::b);
    if (!call.setup->far.local_tag.empty()) context.calls_by_tag.erase(call.setup->far.local_tag);
    context.uncount(*call.policy, party);
}

void fill_far_dialog(Context& context, Call& call, const sip::Message& request, const std::string& uri) {
    auto& far = call.setup->far;
    const auto& to = call.party(Side::b);
    far.local_uri = hidden_identity(request.value(HeaderName::from), to, policy::LeakPlace::from_host, {});
    far.remote_uri =
        hidden_identity(request.value(HeaderName::to), to, policy::LeakPlace::to_host, host_of(uri));
    far.remote_target = uri;
    far.local_cseq = static_cast<std::uint32_t>(context.entropy.below(1000000));
}

void arm_no_reply(Context& context, Call& call) {
    auto& setup = *call.setup;
    context.timers.cancel(setup.no_reply);
    if (setup.next_way >= setup.ways.size() || setup.route.failover_after <= base::Duration{0}) return;
    setup.no_reply = context.timers.arm(context.now + setup.route.failover_after,
                                        {Alarm::Kind::no_reply, call.number.value, 0});
}

// Builds the far request towards `uri` and sends it; a refusal is the caller's own fault (its SDP), or ours.
std::optional<base::Reason> send_far_request(Context& context, Call& call, const std::string& uri) {
    auto& setup = *call.setup;
    const bool last = setup.next_way >= setup.ways.size() && setup.places.empty() &&
                      call.party(Side::b).rules.redirects != policy::Redirects::follow;
    auto request = last ? std::move(setup.request) : setup.request.clone();
    if (const auto refused = hide_sender(request, call.party(Side::b))) return refused;
    fill_far_dialog(context, call, request, uri);
    Exchange exchange;
    exchange.first = true;
    exchange.from = Side::a;
    exchange.method = request.method();
    exchange.server = setup.server;
    exchange.cseq_from = request.cseq();
    exchange.offer_in_request = has_description(request);
    const auto urgency = call.emergency ? urgency_of(request) : Urgency{};
    ask_for_reliability(call, exchange, request);
    call.sessions[at(Side::b)] = {};
    ask_for_session(call, exchange, request);
    cross_request(context, request, setup.far, {call.party(Side::a), call.party(Side::b)});
    if (call.emergency) put_urgency(request, urgency);
    if (call.kind == Call::Kind::invite)
        if (const auto refused = take_offer(context, call, *call.pairs.front(), Side::a, request)) return refused;
    setup.sent_uri = request.request_uri();
    setup.sent.reset();
    if (session_rules(call, Side::b).mode == policy::SessionMode::local) setup.sent = request.clone();
    setup.provisional = false;
    send_request_after_pinholes(context, call, std::move(exchange), std::move(request));
    arm_no_reply(context, call);
    return std::nullopt;
}

// No route takes it, or one refuses it.
void refuse_way(Context& context, const Party& caller, const Setup& setup) {
    base::log::Fields fields("from", setup.request.value(HeaderName::from));
    fields("to", setup.request.request_uri())("why", base::name_of(setup.route.reason));
    if (!setup.route.route.empty()) fields("policy", setup.route.place.to_string());
    if (setup.route.emergency) fields("emergency", "true");
    base::log::info("call_refused", fields);
    refuse(context, setup.server, setup.route.status, context.token(), setup.route.reason_phrase);
    if (setup.request.method() == Method::invite)
        context.effects.emplace_back(record_of(context, caller, setup.request,
                                               {setup.route.reason, setup.route.status, setup.route.route}));
}

// The pairs and the far side of a target that failed are gone; the caller's own dialog stays.
void clear_attempt(Context& context, Call& call) {
    for (auto& pair : call.pairs) release_media(context, call, *pair);
    release_offer(context, call);
    for (std::size_t i = 1; i < call.pairs.size(); ++i)
        context.calls_by_tag.erase(call.pairs[i]->dialogs[at(Side::a)].local_tag);
    call.pairs.resize(1);
    for (auto& exchange : call.exchanges)
        if (exchange.pair) exchange.pair = call.pairs.front().get();
    auto& pair = *call.pairs.front();
    auto near = std::move(pair.dialogs[at(Side::a)]);
    // What the caller has agreed to reliably is a dialog of its own: the next target gets another.
    if (pair.last_rseq[at(Side::a)]) {
        context.calls_by_tag.erase(near.local_tag);
        near.local_tag = context.token();
        own_tag(context, call, near.local_tag);
    }
    pair = DialogPair{};
    pair.dialogs[at(Side::a)] = std::move(near);
    forget_far_side(context, call);
}

// The silent target may have heard us all the same: its INVITE is cancelled, and what it still says, even a 2xx, finds a
// call of its own that is over already (9.1, 13.2.2.4).
void leave_behind(Context& context, Call& call) {
    auto owned = std::make_unique<Call>();
    Call& left = *owned;
    left.number = context.next_call_number();
    left.id = std::to_string(left.number.value);
    left.kind = call.kind;
    left.state = Call::State::terminating;
    left.policy = call.policy;
    left.parties = call.parties;
    for (auto& party : left.parties) party.counted = false;
    auto& far = add_pair(context, left).dialogs[at(Side::b)] = std::exchange(call.setup->far, {});
    context.calls_by_tag.insert_or_assign(far.local_tag, left.number);
    left.exchanges = std::exchange(call.exchanges, {});
    for (auto& exchange : left.exchanges) {
        context.timers.cancel(exchange.timer_c);
        exchange.server = {};
        exchange.pair = nullptr;
        context.clients[exchange.client] = {Owner::Kind::call, left.number.value};
        context.transactions.cancel(exchange.client, {}, context.now);
    }
    if (!left.exchanges.empty()) context.calls.emplace(left.number, std::move(owned));
    else context.calls_by_tag.erase(far.local_tag);
}

void log_start(const Call& call) {
    base::log::Fields fields("call", call.id);
    fields("from", call.from)("to", call.to)("source", call.party(Side::a).flow.remote.to_string())("route", call.route);
    if (call.emergency) fields("emergency", "true");
    base::log::info("call_started", fields);
}

}  // namespace

bool find_way(Context& context, const Party& caller, Setup& setup) {
    const auto* registration = context.registrations.find(user_of(setup.request.request_uri()));
    setup.ways.clear();
    setup.next_way = 0;
    if (registration && caller.trusted) {
        setup.ways.push_back({context.party_towards(registration->flow, nullptr), std::string(registration->contact()),
                              path_towards(context, setup.request.request_uri())});
        setup.route = {};
        setup.route.route = "registration";
        return true;
    }
    const policy::Facts facts{caller.zone, caller.peer, caller.flow.transport, caller.flow.remote, &setup.request,
                              registration != nullptr};
    const double spread = static_cast<double>(context.entropy.next() >> 11) * 0x1p-53;
    setup.route = policy::route(*context.policy, facts, spread);
    for (const auto& [peer, target] : attempts(context, setup.route.targets, setup.route.emergency))
        if (auto party = context.party_of(peer, target, &setup.route))
            setup.ways.push_back({std::move(*party), request_uri_at(context.policy->peer(peer), setup.request.request_uri()), {}});
    return setup.route.accepted;
}

Call* call_arrives(Context& context, sip::RequestArrived& arrived, Party caller) {
    const auto refused = [&](const sip::Message& request, base::Reason reason) -> Call* {
        if (request.method() == Method::invite)
            context.effects.emplace_back(record_of(context, caller, request, {reason, base::sip_status_of(reason)}));
        return nullptr;
    };
    const auto no = [&](const sip::Message& request, base::Reason reason) {
        refuse(context, arrived.id, reason, context.token());
        return refused(request, reason);
    };
    const bool emergency = arrived.request.method() == Method::invite && policy::is_emergency(*context.policy, arrived.request);
    if (context.draining && !emergency) return no(arrived.request, base::Reason::shutting_down);
    if (is_loop(context, arrived.request)) return no(arrived.request, base::Reason::loop_detected);
    auto near = sip::Dialog::as_uas(arrived.request, context.token());
    if (!near) return no(arrived.request, near.error());
    if (const auto why = refuse_reliability(context, caller, arrived.id, arrived.request)) return refused(arrived.request, *why);
    if (const auto why = refuse_session(context, caller, arrived)) return refused(arrived.request, *why);
    caller.sips = wants_sips(arrived.request);
    auto setup = std::make_unique<Setup>(std::move(arrived.request), arrived.id);
    if (const int status = take_named_dialog(context, caller, *setup)) {
        refuse(context, arrived.id, status, context.token());
        if (setup->request.method() == Method::invite)
            context.effects.emplace_back(record_of(context, caller, setup->request, {base::Reason::no_such_dialog, status}));
        return nullptr;
    }
    if (const int status = refuse_reference(context, caller, setup->request)) {
        refuse(context, arrived.id, status, context.token());
        return nullptr;
    }
    if (!setup->closed && !find_way(context, caller, *setup)) {
        refuse_way(context, caller, *setup);
        return nullptr;
    }
    caller.load = {policy::CallLoad::Direction::in, kbits_asked(context, caller.peer, *setup), emergency};
    if (const auto full = context.count(caller)) return no(setup->request, *full);
    const auto kind = setup->request.method() == Method::invite ? Call::Kind::invite : Call::Kind::subscription;
    Call& call = begin_call(context, kind, std::move(caller), setup->request);
    call.emergency = emergency;
    call.route = setup->route.route;
    call.setup = std::move(setup);
    own_tag(context, call, near->local_tag);
    context.introduce(call.party(Side::a), near->local_tag);
    add_pair(context, call).dialogs[at(Side::a)] = std::move(*near);
    context.servers[arrived.id] = {Owner::Kind::call, call.number.value};
    if (kind == Call::Kind::invite)
        log_start(call);
    if (is_to_fork(call)) ring_branches(context, call);
    else if (!try_next_target(context, call)) give_up(context, call, base::sip_status_of(base::Reason::no_target));
    return &call;
}

bool try_next_target(Context& context, Call& call) {
    auto& setup = *call.setup;
    if (setup.next_way) clear_attempt(context, call);
    do {
        while (setup.next_way < setup.ways.size()) {
            auto [party, uri, path] = std::move(setup.ways[setup.next_way++]);
            if (!choose_far_side(context, call, std::move(party))) continue;
            setup.far.route_set = std::move(path);
            // An offer that we refuse is at fault itself: no other target would take it.
            if (const auto refused = send_far_request(context, call, uri))
                give_up(context, call, base::sip_status_of(*refused), {});
            return true;
        }
    } while (next_redirection(context, call));
    return false;
}

void give_up(Context& context, Call& call, int status, std::string_view phrase) {
    const auto& tag = call.pairs.front()->dialogs[at(Side::a)].local_tag;
    fail_setup(context, call, {refusal(context, call.setup->server, status, tag, phrase), "refused"});
}

void no_reply(Context& context, Call& call) {
    if (call.state != Call::State::early || !call.setup || call.setup->provisional) return;
    target_failed(context, call.party(Side::b), base::Reason::request_timeout);
    leave_behind(context, call);
    base::log::info("target_silent", base::log::Fields("call", call.id)("target", call.party(Side::b).flow.remote.to_string()));
    if (!try_next_target(context, call)) give_up(context, call, base::sip_status_of(base::Reason::request_timeout));
}

}  // namespace sbc
