// Owns: RFC 3261, 14 (re-INVITE), RFC 3311, 5.2 (UPDATE), RFC 6337 (who may offer when).
#include "sbc/call_reinvite.hh"

#include <algorithm>

#include "sbc/call_answer.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_own_offer.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_request.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/large_request.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

enum class Turn { free, theirs, others };   // an offer is under way: from the one who asks again, or from the other

Turn turn_of(const Call& call, const DialogPair& pair, Side from, const sip::Message& request) {
    for (const auto& answer : call.unacknowledged)      // a 2xx of ours without its ACK yet (14.2)
        if (answer.side == from && request.method() == Method::invite) return Turn::theirs;
        else if (request.method() == Method::invite) return Turn::others;
    if (request.method() == Method::invite)
        for (const auto& exchange : call.exchanges)
            if (exchange.method == Method::invite && !exchange.answered)
                return exchange.from == from ? Turn::theirs : Turn::others;
    if (request.method() == Method::update)             // one at a time, with or without an offer (RFC 3311, 5.2)
        for (const auto& exchange : call.exchanges)
            if (exchange.method == Method::update && exchange.from == from && exchange.pair == &pair && exchange.server.value)
                return Turn::theirs;
    if (!pair.offerer || !has_description(request)) return Turn::free;
    return *pair.offerer == from ? Turn::theirs : Turn::others;
}

// The other side has said what it allows, and UPDATE is not of it (RFC 3311, 4).
void refuse_update(Context& context, sip::ServerId server, std::string_view tag) {
    auto response = context.transactions.respond_with(server, 405, tag);
    response.set(HeaderName::allow, "INVITE, ACK, CANCEL, BYE, PRACK, INFO, OPTIONS, MESSAGE, REFER, SUBSCRIBE, NOTIFY");
    context.transactions.respond(server, response, context.now);
}

}  // namespace

void offer_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    const auto tag = pair.dialogs[at(from)].local_tag;
    if (refuse_reliability(context, call.party(from), arrived.id, arrived.request)) return;
    if (refuse_session(context, call.party(from), arrived)) return;
    switch (turn_of(call, pair, from, arrived.request)) {
        case Turn::others: return refuse(context, arrived.id, base::Reason::request_pending, tag);
        case Turn::theirs: return refuse_for_now(context, arrived.id, tag);
        case Turn::free: break;
    }
    if (answer_refresh(context, call, pair, from, arrived)) return;
    if (arrived.request.method() == Method::update && !call.party(other(from)).updates.value_or(true))
        return refuse_update(context, arrived.id, tag);
    // What an older INVITE of this direction kept for retransmitted answers is no longer needed.
    if (arrived.request.method() == Method::invite) {
        std::vector<sip::ClientId> old;
        for (const auto& exchange : call.exchanges)
            if (exchange.answered && exchange.from == from) old.push_back(exchange.client);
        for (const auto client : old) finish_exchange(context, call, client);
    }
    relay_within_call(context, call, pair, from, arrived);
}

void reinvite_answered(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    auto& exchange = *call.exchange_of(client);
    const int status = response.status();
    if (status == 100) return;
    const auto server = exchange.server;
    const Side from = exchange.from, to = other(from);
    auto& pair = *exchange.pair;
    const auto tag = pair.dialogs[at(from)].local_tag;
    if (exchange.answered) {
        acknowledge_again(context, pair, to, exchange.cseq_to);
        return;
    }
    const bool offered = exchange.offer_in_request, over = call.state == Call::State::terminating;
    if (status < 200 && (over || !take_provisional(context, call, exchange, pair, response))) return;
    if (status / 100 == 2) accept_targets(pair, exchange, response);
    if (!over) agree_on_session(context, call, exchange, response);
    cross_response(context, response, server, tag, {call.party(to), call.party(from)});
    if (status >= 300) {
        finish_exchange(context, call, client);
        if (!over) {
            roll_back_offer(context, call, pair);
            settle_pinholes(context, call);
        }
        context.transactions.respond(server, response, context.now);
        if ((status == 481 || status == 408) && call.chosen) hang_up(context, call, base::Reason::no_such_dialog);
        return;
    }
    if (status >= 200) await_more_answers(context, call, exchange);
    if (over) {   // crossed with the end: acknowledged, and of no use (RFC 3261, 15.1.2)
        acknowledge_unwanted(context, call, pair, exchange, response);
        return refuse(context, server, 487, tag);
    }
    const auto original = status >= 200 ? response.clone() : sip::Message::response(status);
    const auto refused = exchange.own_offer ? answer_becomes_offer(context, call, pair, response)
                         : offered          ? take_answer(context, call, pair, to, response)
                                            : take_offer(context, call, pair, to, response);
    if (refused && status >= 200) {   // a session that nobody can have: both sides are told so (13.2.2.4)
        acknowledge_unwanted(context, call, pair, exchange, original);
        refuse(context, server, 500, tag);
        return hang_up(context, call, *refused);
    }
    send_response_after_pinholes(context, call, server, std::move(response));
}

}  // namespace sbc
