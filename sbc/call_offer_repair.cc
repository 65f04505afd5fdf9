// Owns: RFC 3261, 14.1 as far as an offer that brings one side's answer to the other needs it.
#include "sbc/call_offer_repair.hh"

#include "sbc/call_answer.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_refresh.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/description.hh"
#include "sbc/pinhole_wait.hh"
#include "sdp/codecs.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr base::Duration kPatience = std::chrono::milliseconds(200);   // until a busy dialog is looked at again

bool is_due(const Call& call) {
    return call.state == Call::State::established && call.chosen && !call.succession && call.chosen->own_offer &&
           !call.chosen->own_offer->repair.empty();
}

void try_again(Context& context, Call& call, base::Duration after) {
    context.timers.cancel(call.repair_timer);
    call.repair_timer = context.timers.arm(context.now + after, {Alarm::Kind::repair, call.number.value, 0, {}});
}

// The 2xx is here, and acknowledged: it has to have all that was asked, for the other side knows of nothing else.
bool is_settled(Context& context, Call& call, sip::Message& response) {
    auto& own = *call.chosen->own_offer;
    const auto asked = sdp::Session::parse(own.repair, context.policy->sdp_limits);
    const auto taken = sdp::Session::parse(description_of(response), context.policy->sdp_limits);
    const auto before = call.party(other(own.to)).descriptions;
    if (!asked || !taken || take_answer(context, call, *call.chosen, own.to, response)) return false;
    call.party(other(own.to)).descriptions = before;   // it hears nothing of it
    settle_pinholes(context, call);
    own.repair.clear();
    context.touched.push_back(call.number);
    return sdp::same_codecs(*asked, *taken);
}

}  // namespace

void repair(Context& context, Call& call) {
    if (!is_due(call)) return;
    if (call.transfer) return try_again(context, call, kPatience);   // who is left of it may be another's
    if (call.repair_due == base::Time{}) call.repair_due = context.now + 64 * call.policy->timers.transaction.t1;
    if (context.now >= call.repair_due) return hang_up(context, call, base::Reason::no_agreement);
    if (is_busy(call)) return try_again(context, call, kPatience);
    auto& pair = *call.chosen;
    const auto& own = *pair.own_offer;
    Exchange exchange;
    exchange.from = other(own.to);
    exchange.method = Method::invite;
    exchange.pair = &pair;
    exchange.repairs = true;
    exchange.offer_in_request = true;
    auto request = pair.dialogs[at(own.to)].make_request(Method::invite);
    request.set(HeaderName::contact, call.party(own.to).contact);
    write_session_request(call, own.to, request);
    request.set_body(own.repair, "application/sdp");
    call.party(own.to).descriptions.offered = own.repair;
    pair.offerer = exchange.from;
    send_request_after_pinholes(context, call, std::move(exchange), std::move(request));
}

void repair_answered(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    auto& exchange = *call.exchange_of(client);
    auto& pair = *exchange.pair;
    const Side side = other(exchange.from);
    const int status = response.status();
    if (status < 200) return;
    if (exchange.answered) {
        acknowledge_again(context, pair, side, exchange.cseq_to);
        return;
    }
    if (status < 300) {
        pair.dialogs[at(side)].refresh_target(response);
        await_more_answers(context, call, exchange);
        acknowledge_connection(context, call, side, exchange.cseq_to);
        if (call.state != Call::State::established) return;
        refreshed(context, call, side, response);
        if (!is_settled(context, call, response)) hang_up(context, call, base::Reason::no_agreement);
        return;
    }
    finish_exchange(context, call, client);
    if (call.state != Call::State::established) return;
    roll_back_offer(context, call, pair);
    if (status == 491) return try_again(context, call, after_glare(context, side));
    if (status == 422 && raise_minimum(call, side, response)) return try_again(context, call, {});
    hang_up(context, call, status == 408 || status == 481 ? base::Reason::no_such_dialog : base::Reason::no_agreement);
}

void repair_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why) {
    if (call.state != Call::State::established) return;
    roll_back_offer(context, call, *exchange.pair);
    if (why == base::Reason::transport_failed) return try_again(context, call, std::chrono::seconds(2));   // a new connection
    hang_up(context, call, why);
}

}  // namespace sbc
