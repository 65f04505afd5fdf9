// Owns: RFC 3261, 12.2 (requests within a dialog), RFC 5057 (which failures end a dialog).
#include "sbc/call_request.hh"

#include <algorithm>

#include "sbc/call_answer.hh"
#include "sbc/call_bye.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_offer_repair.hh"
#include "sbc/call_own_offer.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_refer.hh"
#include "sbc/call_refresh.hh"
#include "sbc/call_reinvite.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_subscription.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/refer_subscription.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

std::string_view our_tag(const DialogPair& pair, Side side) { return pair.dialogs[at(side)].local_tag; }

// The offer stood in a reliable response (RFC 3262, 5).
bool answers_in_prack(const DialogPair& pair, Side from, const sip::Message& request) {
    return request.method() == Method::prack && pair.offerer == other(from);
}

std::optional<base::Reason> take_description(Context& context, Call& call, DialogPair& pair, Side from,
                                             sip::Message& request) {
    if (call.kind != Call::Kind::invite) return std::nullopt;
    if (answers_in_prack(pair, from, request)) {
        const auto refused = take_answer(context, call, pair, from, request);
        pair.settled = pair.settled || !pair.offerer;
        return refused;
    }
    const bool may_offer = request.method() == Method::invite || request.method() == Method::update ||
                           request.method() == Method::prack;
    return may_offer ? take_offer(context, call, pair, from, request) : std::nullopt;
}

// Where a target refresh would move its sender (12.2.2); empty: nowhere.
std::string target_of(const sip::Dialog& dialog, const sip::Message& request) {
    auto moved = dialog;
    moved.refresh_target(request);
    return moved.remote_target == dialog.remote_target ? std::string() : std::move(moved.remote_target);
}

bool ends_dialog(int status) { return status == 408 || status == 481; }

// The party's own way, when it still comes from the address that we know (its port may have moved behind NAT).
void follow(Party& party, const base::Flow& flow) {
    if (flow.remote.address == party.flow.remote.address) party.flow = flow;
}

// A dialog is asked from its own zone only. By name: the policy may have been loaded anew since.
bool comes_from(const Context& context, const Call& call, Side side, const base::Flow& flow) {
    return call.policy->zone(call.party(side).zone).name == context.policy->zone(context.policy->zone_of(flow.listener)).name;
}

}  // namespace

Place place_of(Context& context, Call& call, const sip::Message& message) {
    for (auto& pair : call.pairs)
        for (const Side side : {Side::a, Side::b}) {
            const auto& dialog = pair->dialogs[at(side)];
            if (dialog.local_tag == message.to_tag() && dialog.remote_tag == message.from_tag() &&
                dialog.call_id == message.call_id() && !dialog.local_tag.empty())
                return {pair.get(), side};
        }
    // A NOTIFY may come before the 2xx that makes its dialog (RFC 6665, 4.1.2.4).
    if (call.kind == Call::Kind::subscription && call.setup && message.method() == Method::notify &&
        call.setup->far.local_tag == message.to_tag() && call.setup->far.call_id == message.call_id())
        if (auto* pair = pair_of_fork(context, call, message.from_tag())) return {pair, Side::b};
    return {};
}

void request_within_call(Context& context, Call& call, sip::RequestArrived& arrived) {
    const auto place = place_of(context, call, arrived.request);
    const auto tag = arrived.request.to_tag();
    if (!place.pair || !comes_from(context, call, place.side, arrived.flow))
        return refuse(context, arrived.id, base::Reason::no_such_dialog, tag);
    auto& dialog = place.pair->dialogs[at(place.side)];
    if (!dialog.accept_cseq(arrived.request)) {
        context.refused(base::Reason::out_of_order);
        return refuse_for_now(context, arrived.id, tag);
    }
    follow(call.party(place.side), arrived.flow);
    const auto method = arrived.request.method();
    if (method == Method::bye) return bye_arrives(context, call, *place.pair, place.side, arrived);
    if (call.state == Call::State::terminating) return refuse(context, arrived.id, base::Reason::no_such_dialog, tag);
    if (request_in_transfer(context, call, place.side, arrived)) return;
    if (method == Method::refer && call.kind == Call::Kind::invite)
        return refer_arrives(context, call, *place.pair, place.side, arrived);
    if (method == Method::invite || method == Method::update)
        return offer_arrives(context, call, *place.pair, place.side, arrived);
    if (method == Method::prack) return prack_arrives(context, call, *place.pair, place.side, arrived);
    relay_within_call(context, call, *place.pair, place.side, arrived);
}

void relay_within_call(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    auto& request = arrived.request;
    const Side to = other(from);
    const std::string tag(our_tag(pair, from));
    if (pair.dialogs[at(to)].remote_tag.empty())   // the other dialog does not exist yet
        return refuse(context, arrived.id, base::Reason::no_such_dialog, tag);
    Exchange exchange;
    exchange.from = from;
    exchange.method = request.method();
    exchange.server = arrived.id;
    exchange.pair = &pair;
    exchange.cseq_from = request.cseq();
    exchange.offer_in_request = has_description(request) && !answers_in_prack(pair, from, request);
    exchange.target = target_of(pair.dialogs[at(from)], request);
    ask_for_reliability(call, exchange, request);
    ask_for_session(call, exchange, request);
    subscription_told(context, call, request);
    rename_subscription(pair, from, request);
    cross_request(context, request, pair.dialogs[at(to)], {call.party(from), call.party(to)});
    if (exchange.method == Method::refer) note_referral(pair, {from, exchange.cseq_from, request.cseq()});
    if (lacks_offer(call, pair, to, request) && !make_offer(context, call, pair, to, request))
        exchange.own_offer = exchange.offer_in_request = true;   // else it crosses as it came
    else if (const auto refused = take_description(context, call, pair, from, request))
        return refuse(context, arrived.id, *refused, tag);
    context.servers[arrived.id] = {Owner::Kind::call, call.number.value};
    send_request_after_pinholes(context, call, std::move(exchange), std::move(request));
}

void accept_targets(DialogPair& pair, const Exchange& exchange, const sip::Message& response) {
    if (!exchange.target.empty()) pair.dialogs[at(exchange.from)].remote_target = exchange.target;
    pair.dialogs[at(other(exchange.from))].refresh_target(response);
}

void response_within_call(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    if (sent_again(context, call, client, response)) return;
    auto& exchange = *call.exchange_of(client);
    if (!exchange.server.value) {   // a request of our own
        if (exchange.connects) return connection_answered(context, call, client, std::move(response));
        if (exchange.repairs) return repair_answered(context, call, client, std::move(response));
        if (exchange.method == Method::invite || exchange.method == Method::update)
            return refresh_answered(context, call, client, std::move(response));
        if (response.status() >= 200) finish_exchange(context, call, client);
        return;
    }
    if (exchange.method == Method::invite) return reinvite_answered(context, call, client, std::move(response));
    if (response.status() < 200) return;
    const auto server = exchange.server;
    const Side from = exchange.from, to = other(from);
    auto& pair = *exchange.pair;
    const int status = response.status();
    const bool offered = exchange.offer_in_request;
    if (status < 300) accept_targets(pair, exchange, response);
    subscription_told(context, call, response);
    if (call.state != Call::State::terminating) agree_on_session(context, call, exchange, response);
    cross_response(context, response, server, our_tag(pair, from), {call.party(to), call.party(from)});
    if (offered && call.state == Call::State::terminating) {   // its media is gone (RFC 3261, 15.1.2)
        if (status < 300) response = context.transactions.respond_with(server, 487, our_tag(pair, from));
    } else if (offered) {
        const bool answered = status < 300 && has_description(response);
        const auto refused = answered ? take_answer(context, call, pair, to, response) : std::nullopt;
        if (refused) response = context.transactions.respond_with(server, base::sip_status_of(*refused), our_tag(pair, from));
        if (!answered || refused) roll_back_offer(context, call, pair);
        else pair.settled = true;
        settle_pinholes(context, call);
    }
    context.transactions.respond(server, response, context.now);
    finish_exchange(context, call, client);
    if (ends_dialog(status) && call.chosen) hang_up(context, call, base::Reason::no_such_dialog);
}

void request_within_call_failed(Context& context, Call& call, sip::ClientId client, base::Reason why) {
    const auto exchange = *call.exchange_of(client);
    finish_exchange(context, call, client);
    const bool lost_on_the_way = why == base::Reason::transport_failed;
    if (!exchange.server.value) {
        if (exchange.connects) return connection_failed(context, call, exchange, why);
        if (exchange.repairs) return repair_failed(context, call, exchange, why);
        if (exchange.method == Method::invite || exchange.method == Method::update)
            return refresh_failed(context, call, exchange, why);
        if (exchange.method != Method::bye || !lost_on_the_way || exchange.again || !exchange.pair) return;
        send_bye(context, call, *exchange.pair, other(exchange.from));   // a new connection may reach it (8.1.3.1)
        if (!call.exchanges.empty()) call.exchanges.back().again = true;
        return;
    }
    if (exchange.offer_in_request && call.state != Call::State::terminating) {
        roll_back_offer(context, call, *exchange.pair);
        settle_pinholes(context, call);
    }
    refuse(context, exchange.server, why, our_tag(*exchange.pair, exchange.from));
    if (call.chosen && !lost_on_the_way) hang_up(context, call, why);   // as a 503 it ends no dialog (RFC 5057, 5)
}

}  // namespace sbc
