// Owns: RFC 3261, 15.1 (BYE), 9 (CANCEL) as a B2BUA relays them.
#include "sbc/call_bye.hh"

#include <algorithm>

#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

// Ends the first INVITE on both sides: the caller hears `status`, what is under way to the far side is cancelled.
void abandon_setup(Context& context, Call& call, int status, std::string_view reason_header) {
    refuse(context, call.setup->server, status, call.pairs.front()->dialogs[at(Side::a)].local_tag);
    for (const auto& exchange : call.exchanges)
        if (exchange.method == Method::invite) context.transactions.cancel(exchange.client, reason_header, context.now);
    const bool cancelled = status == 487;
    terminate(context, call, cancelled ? "cancelled" : "no_answer", status, cancelled ? Ender::a : Ender::us);
}

}  // namespace

void bye_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    const Side to = other(from);
    refuse(context, arrived.id, 200, pair.dialogs[at(from)].local_tag);
    stop_resending_first(context, call, from);
    if (call.state == Call::State::terminating || (call.chosen && call.chosen != &pair)) return;
    if (!call.chosen) {   // the caller ends an early dialog (15)
        if (call.setup) abandon_setup(context, call, 487, {});
        return;
    }
    const bool early = std::ranges::any_of(call.unacknowledged,
                                           [to](const Unacknowledged& a) { return a.first && a.side == to; });
    if (early) {
        send_bye(context, call, pair, to);
        return terminate(context, call, "bye_before_ack", 0, from == Side::a ? Ender::a : Ender::b);
    }
    Exchange exchange;
    exchange.from = from;
    exchange.method = Method::bye;
    exchange.pair = &pair;
    auto& bye = arrived.request;
    cross_request(context, bye, pair.dialogs[at(to)], {call.party(from), call.party(to)});
    send_request(context, call, std::move(exchange), std::move(bye));
    if (from == Side::a) terminate(context, call, "bye_from_caller", 0, Ender::a);
    else terminate(context, call, "bye_from_callee", 0, Ender::b);
}

void cancel_arrives(Context& context, Call& call, sip::ServerId invite, const sip::Message& cancel) {
    const auto reason = cancel.value(HeaderName::reason);
    if (call.setup && call.setup->server == invite) {
        if (call.state == Call::State::early) abandon_setup(context, call, 487, reason);
        return;
    }
    if (const auto* exchange = call.exchange_of(invite); exchange && !exchange->answered)
        context.transactions.cancel(exchange->client, reason, context.now);
}

void timer_c_fires(Context& context, Call& call, sip::ClientId client) {
    const auto* exchange = call.exchange_of(client);
    if (!exchange) return;
    if (exchange->answered) return finish_exchange(context, call, client);
    if (exchange->first && call.state == Call::State::early) return abandon_setup(context, call, 408, {});
    context.transactions.cancel(client, {}, context.now);
}

}  // namespace sbc
