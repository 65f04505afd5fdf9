#include "sbc/call_life.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_forks.hh"
#include "sbc/call_media.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/large_request.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/refer_subscription.hh"
#include "sip/name_addr.hh"

namespace sbc {

using sip::HeaderName;
using sip::Method;

namespace {

// The branches of a fork have one server transaction: it is left to the one whose it is.
void forget_server(Context& context, const Call& call, sip::ServerId server) {
    const auto owner = context.servers.find(server);
    if (owner != context.servers.end() && owner->second.number == call.number.value) context.servers.erase(owner);
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
    call.from = sip::uri_within(request.value(HeaderName::from));
    call.to = sip::uri_within(request.value(HeaderName::to));
    call.requested = request.request_uri();
    call.started = context.now;
    call.words_key = context.entropy.next();
    context.calls.emplace(call.number, std::move(owned));
    if (kind == Call::Kind::invite) ++context.totals.calls_total;
    return call;
}

DialogPair& add_pair(Context&, Call& call) {
    return *call.pairs.emplace_back(std::make_unique<DialogPair>());
}

void establish(Context& context, Call& call, DialogPair& pair) {
    call.chosen = &pair;
    call.state = Call::State::established;
    call.answered = context.now;
    ++context.totals.calls_answered;
    const auto limit = call.policy->timers.max_call;
    call.limit_timer = context.timers.arm(context.now + limit, {Alarm::Kind::call_limit, call.number.value, 0});
    const auto inactivity = call.policy->zone(call.party(Side::a).zone).media_rules.inactivity;
    if (inactivity > base::Duration{0})
        call.media_timer = context.timers.arm(context.now + inactivity, {Alarm::Kind::media_check, call.number.value, 0});
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
    if (to == Side::b && !exchange.login_attempt)
        exchange.login_attempt = begin_attempt(context, *call.policy, party, message);
    exchange.client = send_request_to(context, party, flow, std::move(message));
    context.clients[exchange.client] = {Owner::Kind::call, call.number.value};
    if (exchange.method == Method::invite)
        exchange.timer_c = context.timers.arm(context.now + call.policy->timers.c,
                                              {Alarm::Kind::timer_c, call.number.value, exchange.client.value});
    call.exchanges.push_back(std::move(exchange));
}

void send_response(Context& context, Call& call, sip::ServerId server, sip::Message response) {
    if (response.method() == Method::invite && !may_leave(context, call, server, response)) return;
    context.transactions.respond(server, response, context.now);
    const bool answer = response.method() == Method::invite && response.status() / 100 == 2;
    const auto* exchange = call.exchange_of(server);
    if (!answer || !exchange) return;
    const auto t1 = call.policy->timers.transaction.t1;
    const auto timer = context.timers.arm(context.now + t1, {Alarm::Kind::resend_answer, call.number.value, server.value});
    const auto cseq = response.cseq();
    call.unacknowledged.push_back(
        {server, exchange->from, cseq, std::move(response), t1, context.now + 64 * t1, timer, exchange->first});
}

void resend_answer(Context& context, Call& call, std::uint64_t server) {
    const auto found = std::ranges::find(call.unacknowledged, server,
                                         [](const Unacknowledged& u) { return u.server.value; });
    if (found == call.unacknowledged.end()) return;
    if (context.now >= found->give_up) {
        const auto given_up = std::move(*found);
        call.unacknowledged.erase(found);
        if (given_up.bye_after) send_bye(context, call, *call.chosen, given_up.side);
        return hang_up(context, call, base::Reason::request_timeout);
    }
    context.transactions.respond(found->server, found->response, context.now);
    found->interval = std::min(2 * found->interval, call.policy->timers.transaction.t2);
    found->timer = context.timers.arm(std::min(context.now + found->interval, found->give_up),
                                      {Alarm::Kind::resend_answer, call.number.value, server});
}

void stop_resending(Context& context, Call& call, Side side, std::uint32_t cseq) {
    const auto found = std::ranges::find_if(call.unacknowledged, [&](const Unacknowledged& answer) {
        return answer.side == side && answer.cseq == cseq;
    });
    if (found == call.unacknowledged.end()) return;
    context.timers.cancel(found->timer);
    const bool owed = found->bye_after;
    call.unacknowledged.erase(found);
    if (owed) send_bye(context, call, *call.chosen, side);
}

void stop_resending_first(Context& context, Call& call, Side side) {
    std::erase_if(call.unacknowledged, [&](Unacknowledged& answer) {
        if (answer.side != side || !answer.first) return false;
        context.timers.cancel(answer.timer);
        return true;
    });
}

void await_more_answers(Context& context, Call& call, Exchange& exchange) {
    exchange.answered = true;
    context.timers.cancel(exchange.timer_c);
    exchange.timer_c = context.timers.arm(context.now + 64 * call.policy->timers.transaction.t1,
                                          {Alarm::Kind::timer_c, call.number.value, exchange.client.value});
}

void finish_exchange(Context& context, Call& call, sip::ClientId client) {
    std::erase_if(call.exchanges, [&](Exchange& exchange) {
        if (exchange.client != client) return false;
        context.timers.cancel(exchange.timer_c);
        forget_server(context, call, exchange.server);
        if (exchange.method == Method::invite && exchange.server.value) forget_reliable(context, call, exchange.server);
        return true;
    });
    context.clients.erase(client);
}

void send_bye(Context& context, Call& call, DialogPair& pair, Side to) {
    auto& dialog = pair.dialogs[at(to)];
    if (dialog.remote_tag.empty() || awaits_withheld(call, to)) return;
    for (auto& answer : call.unacknowledged)
        if (answer.first && answer.side == to) {
            answer.bye_after = true;
            return;
        }
    auto bye = dialog.make_request(Method::bye);
    if (!call.end_reason.empty()) bye.set(HeaderName::reason, call.end_reason);
    Exchange exchange;
    exchange.from = other(to);
    exchange.method = Method::bye;
    exchange.pair = &pair;
    send_request(context, call, std::move(exchange), std::move(bye));
}

void hang_up(Context& context, Call& call, base::Reason why) {
    if (call.state == Call::State::terminating) return;
    if (call.succession) return break_off(context, call, base::sip_status_of(why));
    if (call.transfer) notify_referrer(context, call, 503);
    if (const int status = base::sip_status_of(why))
        call.end_reason = "SIP;cause=" + std::to_string(status) + ";text=\"" + std::string(base::text_of(why)) + '"';
    if (call.chosen && call.kind == Call::Kind::invite)
        for (const Side side : {Side::a, Side::b}) send_bye(context, call, *call.chosen, side);
    terminate(context, call, base::name_of(why));
}

void terminate(Context& context, Call& call, std::string_view why, int status, Ender by) {
    if (call.state == Call::State::terminating) return;
    call.state = Call::State::terminating;
    context.touched.push_back(call.number);
    if (call.kind == Call::Kind::invite && call.speaks)
        context.effects.emplace_back(record_of(context, call, why, status, by));
    if (call.setup) {
        context.timers.cancel(call.setup->no_reply);
        context.timers.cancel(call.setup->ring);
    }
    context.timers.cancel(call.media_timer);
    context.timers.cancel(call.limit_timer);
    drop_waiting(context, call);
    forget_reliable(context, call);
    stop_session_timers(context, call);
    for (auto& pair : call.pairs) release_media(context, call, *pair);
    if (call.setup) release_offer(context, call);
    settle_pinholes(context, call);
    for (auto& party : call.parties) context.uncount(*call.policy, party);
    transfer_ended(context, call, status);
    if (call.kind != Call::Kind::invite || !call.speaks) return;
    if (status >= 300) ++context.totals.calls_failed;
    base::log::Fields fields("call", call.id);
    fields("why", why);
    if (call.emergency) fields("emergency", "true");
    if (status) fields("status", std::to_string(status));
    if (call.answered)
        fields("seconds", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(context.now - *call.answered).count()));
    base::log::info("call_ended", fields);
}

// An answered INVITE keeps a call only where another fork may still answer it (RFC 3261, 13.2.2.4).
bool is_spent(const Context&, const Call& call) {
    const bool one_fork = call.chosen && call.pairs.size() == 1;
    return call.state == Call::State::terminating && call.unacknowledged.empty() && !call.unanswered.value &&
           std::ranges::all_of(call.exchanges, [&](const Exchange& exchange) { return exchange.answered && one_fork; });
}

void forget(Context& context, Call& call) {
    const auto disown = [&](const std::string& tag) {   // it may be another call's by now, which has taken its dialog over
        const auto found = context.calls_by_tag.find(tag);
        if (found != context.calls_by_tag.end() && found->second == call.number) context.calls_by_tag.erase(found);
    };
    while (!call.exchanges.empty()) finish_exchange(context, call, call.exchanges.back().client);
    if (call.setup) {
        disown(call.setup->far.local_tag);
        forget_server(context, call, call.setup->server);
    }
    for (const auto& pair : call.pairs)
        for (const auto& dialog : pair->dialogs) disown(dialog.local_tag);
    context.calls.erase(call.number);
}

}  // namespace sbc
