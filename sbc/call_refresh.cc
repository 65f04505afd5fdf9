// Owns: RFC 4028, 7.4 and 10 (a refresh and its failure), RFC 3261, 14.1 as far as a re-INVITE of our own needs it.
#include "sbc/call_refresh.hh"

#include <algorithm>

#include "base/number.hh"
#include "sbc/call_answer.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

using policy::Refresh;
using sip::HeaderName;
using sip::Method;

constexpr std::uint32_t kLongestRetry = 30;   // seconds, of a Retry-After

// The method for this side; nothing where neither can be.
Method method_for(const Call& call, Side to) {
    const auto& party = call.party(to);
    const auto rule = session_rules(call, to).refresh;
    if (rule == Refresh::update || (rule == Refresh::automatic && party.updates.value_or(false))) return Method::update;
    return party.descriptions.agreed.empty() ? Method::update : Method::invite;
}

void try_again(Context& context, Call& call, Side side, base::Duration after) {
    auto& session = call.sessions[at(side)];
    context.timers.cancel(session.timer);
    session.timer = context.timers.arm(context.now + after, {Alarm::Kind::session, call.number.value, at(side)});
}

// Who made the Call-ID waits longer (RFC 3261, 14.1): at side b that is us.
base::Duration after_glare(Context& context, Side side) {
    return std::chrono::milliseconds(side == Side::b ? 2100 + 10 * context.entropy.below(190)
                                                     : 10 + 10 * context.entropy.below(200));
}

void acknowledge(Context& context, Call& call, Exchange& exchange, sip::Message& response) {
    auto& pair = *exchange.pair;
    const Side side = other(exchange.from);
    const auto& party = call.party(side);
    const auto flow = way_to(context, party, pair.dialogs[at(side)]);
    auto ack = pair.dialogs[at(side)].make_request(Method::ack, {}, exchange.cseq_to);
    pair.acks[at(side)] = {exchange.cseq_to, context.transactions.send_ack(std::move(ack), flow, party.sent_by), flow};
    await_more_answers(context, call, exchange);
    if (call.state != Call::State::established) return;
    if (!has_description(response) || take_answer(context, call, pair, side, response))
        roll_back_offer(context, call, pair);
    settle_pinholes(context, call);
}

void refused(Context& context, Call& call, const Exchange& exchange, const sip::Message& response) {
    const Side side = other(exchange.from);
    auto& party = call.party(side);
    const int status = response.status();
    if (status == 408 || status == 481) return hang_up(context, call, base::Reason::no_such_dialog);
    if (status == 491) return try_again(context, call, side, after_glare(context, side));
    if (status == 422 && raise_minimum(call, side, response)) return try_again(context, call, side, {});
    if (exchange.method == Method::update && (status == 405 || status == 501) && party.updates.value_or(false)) {
        party.updates = false;
        return try_again(context, call, side, {});
    }
    const auto text = response.value(HeaderName::retry_after);
    const auto wait = base::to_number<std::uint32_t>(text.substr(0, text.find_first_of(" ;(")));
    if (wait) try_again(context, call, side, std::chrono::seconds(std::clamp(*wait, 1U, kLongestRetry)));
}

}  // namespace

bool is_busy(const Call& call) {
    const auto under_way = [](const Exchange& exchange) {
        return (exchange.method == Method::invite && !exchange.answered) || exchange.method == Method::update;
    };
    return !call.unacknowledged.empty() || call.chosen->offerer || std::ranges::any_of(call.exchanges, under_way);
}

bool send_refresh(Context& context, Call& call, Side to) {
    if (is_busy(call)) return false;
    auto& pair = *call.chosen;
    Exchange exchange;
    exchange.from = other(to);
    exchange.method = method_for(call, to);
    exchange.pair = &pair;
    exchange.offer_in_request = exchange.method == Method::invite;
    auto request = pair.dialogs[at(to)].make_request(exchange.method);
    request.set(HeaderName::contact, call.party(to).contact);
    write_session_request(call, to, request);
    if (exchange.offer_in_request) {
        auto& offered = call.party(to).descriptions.offered;
        offered = repeated_description(context, call, pair, to);
        request.set_body(offered, "application/sdp");
        pair.offerer = exchange.from;
    }
    send_request(context, call, std::move(exchange), std::move(request));
    return true;
}

void refresh_answered(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    auto& exchange = *call.exchange_of(client);
    const Side side = other(exchange.from);
    const int status = response.status();
    if (status < 200) return;
    if (exchange.answered) {
        acknowledge_again(context, *exchange.pair, side, exchange.cseq_to);
        return;
    }
    if (status < 300) {
        exchange.pair->dialogs[at(side)].refresh_target(response);
        if (call.state == Call::State::established) refreshed(context, call, side, response);
        if (exchange.method == Method::invite) acknowledge(context, call, exchange, response);
        else finish_exchange(context, call, client);
        return;
    }
    const auto over = exchange;
    finish_exchange(context, call, client);
    if (call.state != Call::State::established) return;
    if (over.offer_in_request) roll_back_offer(context, call, *over.pair);
    refused(context, call, over, response);
}

void refresh_failed(Context& context, Call& call, const Exchange& exchange, base::Reason why) {
    if (call.state != Call::State::established) return;
    if (exchange.offer_in_request) roll_back_offer(context, call, *exchange.pair);
    if (why != base::Reason::transport_failed) return hang_up(context, call, why);
    try_again(context, call, other(exchange.from), std::chrono::seconds(2));   // over a new connection
}

}  // namespace sbc
