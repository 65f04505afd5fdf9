// Owns: RFC 3261, 15.1 (BYE), 9 (CANCEL) as a B2BUA relays them.
#include "sbc/call_bye.hh"

#include <algorithm>

#include "sbc/call_branches.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sip/parameters.hh"

namespace sbc {

using sip::HeaderName;
using sip::Method;

namespace {

// A Reason (RFC 3326) as that side may see it: its text is free, and may name who is inside.
std::string told_to(const Party& to, std::string_view reason) {
    if (!to.topology || !to.topology->hides(policy::LeakPlace::reason)) return std::string(reason);
    std::string told;
    for (const auto item : sip::split_list(reason)) {
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto parameters = sip::split_parameters(item.substr(semicolon));
        const auto cause = sip::find_parameter(parameters, "cause");
        if (!told.empty()) told += ", ";
        told += item.substr(0, semicolon);
        if (cause) told.append(";cause=").append(*cause);
    }
    return told;
}

}  // namespace

void abandon_setup(Context& context, Call& call, int status, std::string_view reason_header) {
    for (const auto& exchange : call.exchanges)
        if (exchange.method == Method::invite) context.transactions.cancel(exchange.client, reason_header, context.now);
    const bool cancelled = status == 487;
    const auto& tag = call.pairs.front()->dialogs[at(Side::a)].local_tag;
    fail_setup(context, call, {refusal(context, call.setup->server, status, tag), cancelled ? "cancelled" : "no_answer",
                               cancelled ? Ender::a : Ender::us});
}

void bye_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    const Side to = other(from);
    refuse(context, arrived.id, 200, pair.dialogs[at(from)].local_tag);
    stop_resending_first(context, call, from);
    if (call.state == Call::State::terminating || (call.chosen && call.chosen != &pair)) return;
    if (bye_in_transfer(context, call, pair, from)) return;
    if (!call.chosen) {   // the caller ends an early dialog (15)
        if (call.setup) abandon_setup(context, call, 487, {});
        return;
    }
    const bool early = std::ranges::any_of(call.unacknowledged,
                                           [to](const Unacknowledged& a) { return a.first && a.side == to; });
    if (early || awaits_withheld(call, to)) {
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
    const auto* cancelled = call.exchange_of(invite);
    const auto reason = told_to(call.party(cancelled ? other(cancelled->from) : Side::b), cancel.value(HeaderName::reason));
    if (call.setup && call.setup->server == invite) {
        if (call.state != Call::State::early) return;
        end_other_branches(context, call, reason);
        abandon_setup(context, call, 487, reason);
        return;
    }
    if (awaits_withheld(call, Side::a) && call.chosen && call.state == Call::State::established) {
        send_bye(context, call, *call.chosen, Side::b);
        return terminate(context, call, "cancelled", 487, Ender::a);
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
