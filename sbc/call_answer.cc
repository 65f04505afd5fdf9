// Owns: RFC 3261, 13.2.2 (1xx, 2xx, ACK; several 2xx), 12.1.2 (early dialogs), 16.7 as far as failover goes.
#include "sbc/call_answer.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_forks.hh"
#include "sbc/call_invite.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_redirect.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_subscription.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr std::size_t kMostForks = 16;

// What a 1xx or 2xx tells us about the far dialog.
void learn_dialog(DialogPair& pair, const sip::Message& response) {
    auto& far = pair.dialogs[at(Side::b)];
    far.confirm(response);
    far.refresh_target(response);
}

// The far dialog as its own 2xx tells it: what the call knew of its first may be another call's by now.
sip::Dialog dialog_of(const sip::Message& response) {
    const auto without_tag = [](std::string_view value) { return std::string(value.substr(0, value.find(";tag="))); };
    sip::Dialog dialog;
    dialog.call_id = response.call_id();
    dialog.local_tag = response.from_tag();
    dialog.remote_tag = response.to_tag();
    dialog.local_uri = without_tag(response.value(HeaderName::from));
    dialog.remote_uri = without_tag(response.value(HeaderName::to));
    dialog.local_cseq = response.cseq();
    return dialog;
}

// A 2xx that nobody wants (the caller has cancelled, or another fork won): acknowledged, and ended at once (13.2.2.4).
void decline_answer(Context& context, Call& call, const sip::Message& response, std::uint32_t cseq) {
    for (const auto& pair : call.pairs)
        if (pair->dialogs[at(Side::b)].remote_tag == response.to_tag() &&
            acknowledge_again(context, *pair, Side::b, cseq))
            return;
    auto& pair = add_pair(context, call);
    auto& dialog = pair.dialogs[at(Side::b)] = dialog_of(response);
    learn_dialog(pair, response);
    const auto& party = call.party(Side::b);
    const auto flow = way_to(context, party, dialog);
    auto ack = dialog.make_request(Method::ack, {}, cseq);
    pair.acks[at(Side::b)] = {cseq, context.transactions.send_ack(std::move(ack), flow, party.sent_by), flow};
    send_bye(context, call, pair, Side::b);
}

// The offer or answer of a response. One that was settled by PRACK is repeated at most (RFC 3261, 13.2.1).
std::optional<base::Reason> take_description(Context& context, Call& call, const Exchange& exchange, DialogPair& pair,
                                             sip::Message& response) {
    if (pair.settled && has_description(response)) drop_body(response);
    return exchange.offer_in_request ? take_answer(context, call, pair, Side::b, response)
                                     : take_offer(context, call, pair, Side::b, response);
}

void relay_provisional(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    call.setup->provisional = true;
    if (!call.ringing) call.ringing = context.now;
    context.timers.cancel(call.setup->no_reply);
    auto* pair = pair_of_fork(context, call, response.to_tag());
    if (!pair) return;
    if (has_description(response)) keep_offer(context, call);
    if (!response.to_tag().empty()) learn_dialog(*pair, response);
    if (!take_provisional(context, call, *call.exchange_of(client), *pair, response)) return;
    if (call.succession) return;   // who is left talks to his referrer still
    const auto& invite = *call.exchange_of(client);
    const auto server = invite.server;
    cross_response(context, response, server, pair->dialogs[at(Side::a)].local_tag,
                   {call.party(Side::b), call.party(Side::a)});
    if (take_description(context, call, invite, *pair, response))
        drop_body(response);   // ringing is worth more than a description that nobody can use
    call.exchange_of(server)->pair = pair;
    send_response_after_pinholes(context, call, server, std::move(response));
}

// The fork that answered is the call; the others keep their dialogs, for what is still under way in them, but no media.
void choose(Context& context, Call& call, DialogPair& pair) {
    for (auto& other_pair : call.pairs)
        if (other_pair.get() != &pair) {
            release_media(context, call, *other_pair);
            other_pair->lines.clear();
        }
    release_offer(context, call);
    if (call.pairs.size() > 1) doubt_sources(context, pair);
    context.timers.cancel(call.setup->no_reply);
    context.timers.cancel(call.setup->ring);
    call.setup.reset();
    establish(context, call, pair);
    base::log::Fields fields("call", call.id);
    fields("target", call.party(Side::b).flow.remote.to_string());
    if (call.emergency) fields("emergency", "true");
    base::log::info("call_answered", fields);
}

void relay_answer(Context& context, Call& call, Exchange& exchange, sip::Message response) {
    auto* pair = pair_of_fork(context, call, response.to_tag());
    const auto server = exchange.server;
    if (!pair) {
        await_more_answers(context, call, exchange);
        decline_answer(context, call, response, exchange.cseq_to);
        return give_up(context, call, base::sip_status_of(base::Reason::ports_exhausted));
    }
    pair->dialogs[at(Side::b)].remote_tag = response.to_tag();
    learn_dialog(*pair, response);
    auto original = response.clone();
    agree_on_session(context, call, exchange, response);
    cross_response(context, response, server, pair->dialogs[at(Side::a)].local_tag,
                   {call.party(Side::b), call.party(Side::a)});
    if (take_description(context, call, exchange, *pair, response)) {
        await_more_answers(context, call, exchange);
        decline_answer(context, call, original, exchange.cseq_to);
        return give_up(context, call, 500);
    }
    exchange.pair = pair;
    await_more_answers(context, call, exchange);
    branch_wins(context, call);
    choose(context, call, *pair);
    if (call.succession) return connect(context, call, exchange.cseq_to, response);
    send_response_after_pinholes(context, call, server, std::move(response));
}

// A final failure: the next target, or the caller hears it.
void relay_failure(Context& context, Call& call, sip::ClientId client, sip::ServerId server, sip::Message response) {
    finish_exchange(context, call, client);
    if (call.state != Call::State::early || !call.setup) return;
    context.servers[server] = {Owner::Kind::call, call.number.value};
    const int status = response.status();
    const bool redirected = status / 100 == 3 && note_redirection(call, response);
    const bool next = policy::hold(call.setup->route.failover_on, status);
    // What is left of a redirection is tried until somebody answers for all (6xx).
    const bool places = !redirected && !next && status < 600 && skip_to_places(call);
    if ((redirected || next || places) && try_next_target(context, call)) return;
    const auto tag = call.pairs.front()->dialogs[at(Side::a)].local_tag;
    // A redirection names where the inside's users are: towards a side that may not know, nobody is there (480).
    if (status / 100 == 3 && (redirected || !relay_redirection(call, response)))
        return give_up(context, call, base::sip_status_of(base::Reason::no_target));
    std::vector<std::string> contacts;   // a frame has one Contact, ours; these are what a redirection says
    if (status / 100 == 3)
        for (const auto contact : response.items(HeaderName::contact)) contacts.emplace_back(contact);
    cross_response(context, response, server, tag, {call.party(Side::b), call.party(Side::a)});
    for (const auto& contact : contacts) response.add(HeaderName::contact, contact);
    fail_setup(context, call, {std::move(response), "refused_by_target", Ender::b});
}

}  // namespace

DialogPair* pair_of_fork(Context& context, Call& call, std::string_view remote_tag) {
    auto& first = *call.pairs.front();
    if (remote_tag.empty()) return &first;
    for (auto& pair : call.pairs)
        if (pair->dialogs[at(Side::b)].remote_tag == remote_tag) return pair.get();
    if (!call.setup) return nullptr;
    if (first.dialogs[at(Side::b)].remote_tag.empty()) {
        first.dialogs[at(Side::b)] = call.setup->far;
        first.dialogs[at(Side::b)].remote_tag = remote_tag;
        return &first;
    }
    if (call.pairs.size() >= kMostForks) return nullptr;
    auto& fork = add_pair(context, call);
    auto& near = fork.dialogs[at(Side::a)] = first.dialogs[at(Side::a)];
    near.local_tag = context.token();
    own_tag(context, call, near.local_tag);
    fork.dialogs[at(Side::b)] = call.setup->far;
    fork.dialogs[at(Side::b)].remote_tag = remote_tag;
    keep_offer(context, call);
    if (!fork_media(context, call, fork)) return &fork;
    release_media(context, call, fork);
    context.calls_by_tag.erase(near.local_tag);
    call.pairs.pop_back();
    return nullptr;
}

void first_response(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    if (sent_again(context, call, client, response)) return;
    auto& exchange = *call.exchange_of(client);
    const int status = response.status();
    target_responded(context, call.party(Side::b), response);
    if (status == 100) return;
    if (status == 422 && ask_for_longer_session(context, call, client, response)) return;
    if (status >= 300) return relay_failure(context, call, client, exchange.server, std::move(response));
    if (call.kind == Call::Kind::subscription) return subscription_answered(context, call, client, std::move(response));
    if (call.state == Call::State::early) {
        if (status >= 200) return relay_answer(context, call, exchange, std::move(response));
        context.timers.cancel(exchange.timer_c);
        exchange.timer_c = context.timers.arm(context.now + call.policy->timers.c,
                                              {Alarm::Kind::timer_c, call.number.value, client.value});
        return relay_provisional(context, call, client, std::move(response));
    }
    if (status < 200) return;
    if (call.chosen && call.chosen->dialogs[at(Side::b)].remote_tag == response.to_tag()) {
        acknowledge_again(context, *call.chosen, Side::b, exchange.cseq_to);
        return;
    }
    await_more_answers(context, call, exchange);
    decline_answer(context, call, response, exchange.cseq_to);
}

void first_request_failed(Context& context, Call& call, sip::ClientId client, base::Reason why) {
    const auto server = call.exchange_of(client)->server;
    finish_exchange(context, call, client);
    if (call.state != Call::State::early || !call.setup) return;
    target_failed(context, call.party(Side::b), why);
    context.servers[server] = {Owner::Kind::call, call.number.value};
    if (!try_next_target(context, call)) give_up(context, call, base::sip_status_of(why));
}

bool acknowledge_again(Context& context, DialogPair& pair, Side to, std::uint32_t cseq) {
    const auto& sent = pair.acks[at(to)];
    if (!sent.bytes || sent.cseq != cseq) return false;
    context.transactions.send_again(sent.bytes, sent.flow);
    return true;
}

void ack_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::Message ack) {
    const auto cseq = ack.cseq();
    stop_resending(context, call, from, cseq);
    const auto found = std::ranges::find_if(call.exchanges, [&](const Exchange& exchange) {
        return exchange.method == Method::invite && exchange.from == from && exchange.cseq_from == cseq &&
               exchange.answered;
    });
    const Side to = other(from);
    if (found == call.exchanges.end()) return;
    if (pair.acks[at(to)].bytes && pair.acks[at(to)].cseq == found->cseq_to) return;   // came again
    auto& dialog = pair.dialogs[at(to)];
    cross_request(context, ack, dialog, {call.party(from), call.party(to)}, found->cseq_to);
    const bool over = call.state == Call::State::terminating;
    if (!found->offer_in_request && (over || !has_description(ack) || take_answer(context, call, pair, from, ack))) {
        drop_body(ack);
        roll_back_offer(context, call, pair);
    }
    settle_pinholes(context, call);
    copy_credentials(*found, ack);
    const auto flow = way_to(context, call.party(to), dialog);
    pair.acks[at(to)] = {found->cseq_to,
                         context.transactions.send_ack(std::move(ack), flow, call.party(to).sent_by), flow};
}

}  // namespace sbc
