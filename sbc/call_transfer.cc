// Owns: RFC 5589, 6 and 7 as a third party carries them out, RFC 3725, 4.1 with a late offer. Failure is in
// call_transfer_end.cc.
#include "sbc/call_transfer.hh"

#include "base/log.hh"
#include "sbc/call_answer.hh"
#include "sbc/call_invite.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_refresh.hh"
#include "sbc/call_restore.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/refer_subscription.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr base::Duration kPatience = std::chrono::milliseconds(200);   // until a busy dialog is looked at again
constexpr std::string_view kAllow = "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS, MESSAGE, REFER, SUBSCRIBE, NOTIFY";

// Only what is settled can be taken over.
bool is_ready(const Call& call) {
    return call.state == Call::State::established && call.chosen && !call.transfer && !call.succession;
}

// The call that takes over; its side a is the end that is left.
Call& begin_successor(Context& context, Call& call, Party left, const sip::Message& invite) {
    Call& successor = begin_call(context, Call::Kind::invite, std::move(left), invite);
    successor.succession.emplace();
    successor.succession->referred = call.number;
    call.transfer->successor = successor.number;
    base::log::info("call_transferred", base::log::Fields("call", call.id)("successor", successor.id)("to", successor.to));
    return successor;
}

// The dialog of the end that is left goes from its call to the successor.
void lend(Context& context, Call& call, Call& successor, Side as) {
    const Side left = other(call.transfer->referrer);
    auto& pair = *successor.chosen;
    context.calls_by_tag.erase(pair.dialogs[at(as)].local_tag);
    pair.dialogs[at(as)] = std::exchange(call.chosen->dialogs[at(left)], {});
    pair.acks[at(as)] = call.chosen->acks[at(left)];
    auto& party = successor.party(as);
    const auto& known = call.party(left);
    party.flow.remote = known.flow.remote;
    party.flow.connection = known.flow.connection;
    party.updates = known.updates;
    party.descriptions = known.descriptions;
    context.calls_by_tag.insert_or_assign(pair.dialogs[at(as)].local_tag, successor.number);
    call.transfer->parted = true;
    stop_session_timers(context, call);
}

// A re-INVITE of ours to one end of a successor; without a description it asks for an offer.
void ask(Context& context, Call& call, Side to, std::string_view description) {
    auto& dialog = call.chosen->dialogs[at(to)];
    Exchange exchange;
    exchange.from = other(to);
    exchange.method = Method::invite;
    exchange.pair = call.chosen;
    exchange.connects = true;
    exchange.offer_in_request = !description.empty();
    auto request = dialog.make_request(Method::invite);
    request.set(HeaderName::contact, call.party(to).contact);
    request.set(HeaderName::allow, kAllow);
    write_session_request(call, to, request);
    if (!description.empty()) request.set_body(std::string(description), "application/sdp");
    send_request_after_pinholes(context, call, std::move(exchange), std::move(request));
}

// The next description of those that this end has had from its call.
std::string signed_anew(Context& context, Call& call, Side to, std::string_view description) {
    auto& party = call.party(to);
    auto session = sdp::Session::parse(description, context.policy->sdp_limits);
    if (!session) return std::string(description);
    if (const auto ours = session->origin_address()) sign(context, party, *session, *ours);
    auto text = session->to_string();
    if (repeats_descriptions(call, to)) party.descriptions.offered = text;
    return text;
}

// What the referrer's dialog was for is done: he hears of it, and it ends.
void part_from_referrer(Context& context, Call& call, Call& successor, Side as) {
    const Side referrer = call.transfer->referrer;
    notify_referrer(context, call, 200);
    if (!call.transfer->referrer_left) send_bye(context, call, *call.chosen, referrer);
    auto& left = call.party(other(referrer));
    successor.party(as).load = left.load;
    if (successor.party(as).peer != base::kNoPeer) successor.party(as).counted = std::exchange(left.counted, false);
    call.transfer.reset();
    terminate(context, call, "transferred", 0, referrer == Side::a ? Ender::a : Ender::b);
}

void succeed(Context& context, Call& call) {
    const auto referred = call.succession->referred, consulted = call.succession->consulted;
    context.timers.cancel(call.succession->timer);
    call.succession.reset();
    if (auto* before = context.call(referred)) part_from_referrer(context, *before, call, Side::a);
    if (auto* before = context.call(consulted)) part_from_referrer(context, *before, call, Side::b);
    context.touched.push_back(call.number);
}

}  // namespace

void call_instead(Context& context, Call& call, Side from, const sip::RequestArrived& arrived, std::unique_ptr<Setup> setup) {
    auto left = party_today(context, call, other(from));
    if (!is_ready(call) || !left) return refuse_for_now(context, arrived.id, arrived.request.to_tag());
    accept_refer(context, call, from, arrived);
    auto& invite = setup->request;
    // Who may not see the other end's names leads to nobody who sees more (RFC 3323).
    const auto& dialogs = call.chosen->dialogs;
    invite.set(HeaderName::from, call.party(from).trusted ? dialogs[at(other(from))].remote_uri : dialogs[at(from)].local_uri);
    invite.set(HeaderName::allow, kAllow);
    if (arrived.request.has(HeaderName::referred_by))
        invite.set(HeaderName::referred_by, arrived.request.value(HeaderName::referred_by));
    Call& successor = begin_successor(context, call, std::move(*left), invite);
    successor.route = setup->route.route;
    successor.emergency = setup->route.emergency;
    setup->closed = true;
    successor.setup = std::move(setup);
    add_pair(context, successor);
    if (!try_next_target(context, successor)) give_up(context, successor, base::sip_status_of(base::Reason::no_target));
}

void join_calls(Context& context, Call& call, Side from, const sip::RequestArrived& arrived, const NamedDialog& named) {
    Call& consulted = *named.call;
    auto a = party_today(context, call, other(from)), b = party_today(context, consulted, named.owner);
    if (!is_ready(call) || !is_ready(consulted) || is_busy(consulted) || !a || !b)
        return refuse_for_now(context, arrived.id, arrived.request.to_tag());
    accept_refer(context, call, from, arrived);
    consulted.transfer.emplace();
    consulted.transfer->referrer = other(named.owner);
    auto invite = sip::Message::request(Method::invite, named.owner == Side::b ? consulted.requested : consulted.from);
    invite.add(HeaderName::from, call.chosen->dialogs[at(other(from))].remote_uri);
    invite.add(HeaderName::to, consulted.chosen->dialogs[at(named.owner)].remote_uri);
    Call& successor = begin_successor(context, call, std::move(*a), invite);
    successor.succession->consulted = consulted.number;
    consulted.transfer->successor = successor.number;
    successor.parties[at(Side::b)] = std::move(*b);
    successor.route = consulted.route;
    establish(context, successor, add_pair(context, successor));
    lend(context, consulted, successor, Side::b);
    ask(context, successor, Side::b, {});
}

void connect(Context& context, Call& call, std::uint32_t far_invite, const sip::Message& offer) {
    auto& succession = *call.succession;
    succession.far_invite = far_invite;
    const auto* referred = context.call(succession.referred);
    // An offer may not have fewer lines than that end has had before (RFC 3264, 8).
    if (!has_description(offer) || !referred || call.chosen->lines.size() < referred->chosen->lines.size())
        return break_off(context, call, base::sip_status_of(base::Reason::unexpected_offer));
    succession.offer = description_of(offer);
    succession.give_up = context.now + 64 * call.policy->timers.transaction.t1;
    connect_when_free(context, call);
}

void connect_when_free(Context& context, Call& call) {
    auto& succession = *call.succession;
    auto* referred = context.call(succession.referred);
    if (!referred || context.now >= succession.give_up)
        return break_off(context, call, base::sip_status_of(base::Reason::request_pending));
    if (is_busy(*referred)) {
        succession.timer = context.timers.arm(context.now + kPatience, {Alarm::Kind::transfer, call.number.value, 0});
        return;
    }
    lend(context, *referred, call, Side::a);
    ask(context, call, Side::a, signed_anew(context, call, Side::a, std::exchange(succession.offer, {})));
}

void connection_answered(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    auto& exchange = *call.exchange_of(client);
    auto& pair = *exchange.pair;
    const Side side = other(exchange.from);
    const int status = response.status();
    if (status < 200) return;
    if (exchange.answered) {
        acknowledge_again(context, pair, side, exchange.cseq_to);
        return;
    }
    if (status >= 300) {
        finish_exchange(context, call, client);
        if (!call.succession) return;
        call.succession->gone[at(side)] = status == 408 || status == 481;
        return break_off(context, call, status);
    }
    const auto cseq = exchange.cseq_to;
    pair.dialogs[at(side)].refresh_target(response);
    await_more_answers(context, call, exchange);
    if (!call.succession) return acknowledge_connection(context, call, side, cseq);   // crossed with the end
    refreshed(context, call, side, response);
    if (side == Side::b) {
        if (take_offer(context, call, pair, Side::b, response)) drop_body(response);
        return connect(context, call, cseq, response);
    }
    acknowledge_connection(context, call, Side::a, cseq);
    if (!has_description(response) || take_answer(context, call, pair, Side::a, response)) {
        call.succession->gone[at(Side::a)] = true;
        return break_off(context, call, base::sip_status_of(base::Reason::bad_sdp));
    }
    acknowledge_connection(context, call, Side::b, call.succession->far_invite, description_of(response));
    settle_pinholes(context, call);
    succeed(context, call);
}

void connection_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why) {
    if (!call.succession) return;
    call.succession->gone[at(other(exchange.from))] = true;
    break_off(context, call, base::sip_status_of(why));
}

void acknowledge_connection(Context& context, Call& call, Side to, std::uint32_t cseq, std::string_view description) {
    auto& pair = *call.chosen;
    const auto& party = call.party(to);
    const auto flow = way_to(context, party, pair.dialogs[at(to)]);
    auto ack = pair.dialogs[at(to)].make_request(Method::ack, {}, cseq);
    if (!description.empty()) ack.set_body(std::string(description), "application/sdp");
    for (const auto& exchange : call.exchanges)
        if (exchange.from == other(to) && exchange.method == Method::invite && exchange.cseq_to == cseq)
            copy_credentials(exchange, ack);
    pair.acks[at(to)] = {cseq, context.transactions.send_ack(std::move(ack), flow, party.sent_by), flow};
}

}  // namespace sbc
