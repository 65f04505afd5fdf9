#include "sbc/call_life.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_media.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

std::string uri_of(std::string_view name_addr) {
    const auto parsed = sip::NameAddr::parse(name_addr);
    return parsed ? parsed->uri.to_string() : std::string(name_addr);
}

// Parks the message under a new token; the effect goes out now.
void park(Context& context, Call& call, Parked parked, std::vector<nft::Change> changes) {
    const PinholeToken token{++context.last_token};
    parked.call = call.number;
    context.parked.emplace(token.value, std::move(parked));
    context.change_pinholes(token, std::move(changes));
}

}  // namespace

Call& begin_call(Context& context, Call::Kind kind, Party caller, const sip::Message& request) {
    auto owned = std::make_unique<Call>();
    Call& call = *owned;
    call.number = context.next_call_number();
    call.id = std::to_string(call.number.value);
    call.kind = kind;
    call.policy = context.policy;
    call.parties[at(Side::a)] = std::move(caller);
    call.from = uri_of(request.value(HeaderName::from));
    call.to = uri_of(request.value(HeaderName::to));
    call.started = context.now;
    context.calls.emplace(call.number, std::move(owned));
    if (kind == Call::Kind::invite) ++context.totals.calls_total;
    return call;
}

DialogPair& add_pair(Context&, Call& call) {
    return *call.pairs.emplace_back(std::make_unique<DialogPair>());
}

void own_tag(Context& context, const Call& call, const std::string& tag) {
    context.calls_by_tag.emplace(tag, call.number);
}

void send_request(Context& context, Call& call, Exchange exchange, sip::Message message) {
    const Side to = other(exchange.from);
    const Party& party = call.party(to);
    const auto& dialog = exchange.pair ? exchange.pair->dialogs[at(to)] : call.setup->far;
    const auto flow = exchange.pair ? way_to(context, party, dialog) : party.flow;
    exchange.cseq_to = message.cseq();
    exchange.client = context.transactions.request(std::move(message), flow, party.sent_by, context.now);
    context.clients[exchange.client] = {Owner::Kind::call, call.number.value};
    if (exchange.method == Method::invite)
        exchange.timer_c = context.timers.arm(context.now + call.policy->timers.c,
                                              {Alarm::Kind::timer_c, call.number.value, exchange.client.value, {}});
    call.exchanges.push_back(std::move(exchange));
}

void send_request_after_pinholes(Context& context, Call& call, Exchange exchange, sip::Message message) {
    auto changes = pinhole_changes(call);
    if (opens_any(changes)) {
        const Side to = other(exchange.from);
        park(context, call, {{}, to, {}, std::move(exchange), std::move(message)}, std::move(changes));
        return;
    }
    context.change_pinholes({}, std::move(changes));
    send_request(context, call, std::move(exchange), std::move(message));
}

void send_response_after_pinholes(Context& context, Call& call, sip::ServerId server, sip::Message message) {
    auto changes = pinhole_changes(call);
    const auto* exchange = call.exchange_of(server);
    // Narrowing the answerer's pinhole is no reason to wait: what the offerer was told of is open since the offer.
    const bool must_wait = exchange && !exchange->offer_in_request && opens_any(changes);
    if (must_wait || (exchange && exchange->pair && exchange->pair != call.pairs.front().get() && opens_any(changes))) {
        park(context, call, {{}, exchange->from, server, {}, std::move(message)}, std::move(changes));
        return;
    }
    context.change_pinholes({}, std::move(changes));
    send_response(context, call, server, std::move(message));
}

void pinholes_answered(Context& context, Parked parked, std::optional<base::Reason> refused) {
    auto* call = context.call(parked.call);
    if (!call || call->state == Call::State::terminating) return;
    if (!refused) {
        if (parked.server.value) return send_response(context, *call, parked.server, std::move(parked.message));
        return send_request(context, *call, std::move(parked.exchange), std::move(parked.message));
    }
    base::log::warning("pinhole_refused", base::log::Fields("call", call->id)("why", base::text_of(*refused)));
    // Nothing of this turn's pinholes is in the kernel; what the call counts as open is closed again with it.
    if (call->setup) {
        for (const auto& exchange : call->exchanges)
            if (exchange.first) context.transactions.cancel(exchange.client, {}, context.now);
        sbc::refuse(context, call->setup->server, *refused, call->pairs.front()->dialogs[at(Side::a)].local_tag);
        return terminate(context, *call, base::name_of(*refused), base::sip_status_of(*refused));
    }
    const auto server = parked.server.value ? parked.server : parked.exchange.server;
    const auto* exchange = call->exchange_of(parked.server);
    auto* pair = exchange ? exchange->pair : parked.exchange.pair;
    if (!pair) return hang_up(context, *call, *refused);
    const Side from = exchange ? exchange->from : parked.exchange.from;
    sbc::refuse(context, server, *refused, pair->dialogs[at(from)].local_tag);
    if (exchange) return hang_up(context, *call, *refused);   // the far side has answered: there is no way back
    roll_back_offer(context, *call, *pair);
    settle_pinholes(context, *call);
}

void settle_pinholes(Context& context, Call& call) { context.change_pinholes({}, pinhole_changes(call)); }

void send_response(Context& context, Call& call, sip::ServerId server, sip::Message response) {
    context.transactions.respond(server, response, context.now);
    const bool answer = response.method() == Method::invite && response.status() / 100 == 2;
    const auto* exchange = call.exchange_of(server);
    if (!answer || !exchange) return;
    const auto t1 = call.policy->timers.transaction.t1;
    const auto timer = context.timers.arm(context.now + t1, {Alarm::Kind::resend_answer, call.number.value, server.value, {}});
    const auto cseq = response.cseq();
    call.unacknowledged.push_back(
        {server, exchange->from, cseq, std::move(response), t1, context.now + 64 * t1, timer});
}

void resend_answer(Context& context, Call& call, std::uint64_t server) {
    const auto found = std::ranges::find(call.unacknowledged, server,
                                         [](const Unacknowledged& u) { return u.server.value; });
    if (found == call.unacknowledged.end()) return;
    if (context.now >= found->give_up) {
        call.unacknowledged.erase(found);
        return hang_up(context, call, base::Reason::request_timeout);
    }
    context.transactions.respond(found->server, found->response, context.now);
    found->interval = std::min(2 * found->interval, call.policy->timers.transaction.t2);
    found->timer = context.timers.arm(std::min(context.now + found->interval, found->give_up),
                                      {Alarm::Kind::resend_answer, call.number.value, server, {}});
}

void stop_resending(Context& context, Call& call, Side side, std::uint32_t cseq) {
    std::erase_if(call.unacknowledged, [&](Unacknowledged& answer) {
        if (answer.side != side || answer.cseq != cseq) return false;
        context.timers.cancel(answer.timer);
        return true;
    });
}

void finish_exchange(Context& context, Call& call, sip::ClientId client) {
    std::erase_if(call.exchanges, [&](Exchange& exchange) {
        if (exchange.client != client) return false;
        context.timers.cancel(exchange.timer_c);
        context.servers.erase(exchange.server);
        return true;
    });
    context.clients.erase(client);
}

void send_bye(Context& context, Call& call, DialogPair& pair, Side to, std::string_view reason_header) {
    auto& dialog = pair.dialogs[at(to)];
    if (dialog.remote_tag.empty()) return;
    auto bye = dialog.make_request(Method::bye);
    if (!reason_header.empty()) bye.set(HeaderName::reason, reason_header);
    Exchange exchange;
    exchange.from = other(to);
    exchange.method = Method::bye;
    exchange.pair = &pair;
    send_request(context, call, std::move(exchange), std::move(bye));
}

void hang_up(Context& context, Call& call, base::Reason why) {
    if (call.state == Call::State::terminating) return;
    if (call.chosen && call.kind == Call::Kind::invite)
        for (const Side side : {Side::a, Side::b}) send_bye(context, call, *call.chosen, side, {});
    terminate(context, call, base::name_of(why));
}

void terminate(Context& context, Call& call, std::string_view why, int status) {
    if (call.state == Call::State::terminating) return;
    call.state = Call::State::terminating;
    if (call.setup) context.timers.cancel(call.setup->no_reply);
    context.timers.cancel(call.media_timer);
    context.timers.cancel(call.limit_timer);
    for (auto& answer : call.unacknowledged) context.timers.cancel(answer.timer);
    call.unacknowledged.clear();
    std::erase_if(context.parked, [&](const auto& entry) { return entry.second.call == call.number; });
    for (auto& pair : call.pairs) release_media(context, call, *pair);
    settle_pinholes(context, call);
    for (auto& party : call.parties) {
        if (!std::exchange(party.counted, false)) continue;
        context.uncount(call.policy->peer(party.peer).name);
    }
    if (call.kind != Call::Kind::invite) return;
    if (status >= 300) ++context.totals.calls_failed;
    base::log::Fields fields("call", call.id);
    fields("why", why);
    if (status) fields("status", std::to_string(status));
    if (call.answered)
        fields("seconds", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(context.now - *call.answered).count()));
    base::log::info("call_ended", fields);
}

bool is_spent(const Context&, const Call& call) {
    return call.state == Call::State::terminating && call.exchanges.empty() && call.unacknowledged.empty();
}

void forget(Context& context, Call& call) {
    if (call.setup) context.calls_by_tag.erase(call.setup->far.local_tag);
    for (const auto& pair : call.pairs)
        for (const auto& dialog : pair->dialogs) context.calls_by_tag.erase(dialog.local_tag);
    context.calls.erase(call.number);
}

}  // namespace sbc
