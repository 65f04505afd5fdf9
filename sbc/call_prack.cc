// Owns: RFC 3262 as UAS and UAC of the two dialogs, RFC 6337's part on descriptions in reliable responses and PRACK.
#include "sbc/call_prack.hh"

#include <algorithm>

#include "base/number.hh"
#include "sbc/call_bye.hh"
#include "sbc/call_life.hh"
#include "sbc/call_request.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"
#include "sip/option_tags.hh"

namespace sbc {
namespace {

using policy::Reliable;
using sip::HeaderName;
using sip::Method;

constexpr std::string_view k100rel = "100rel";

Reliable rule_of(const Party& party) { return party.rules.reliable.value_or(Reliable::pass); }

// The RSeq of a 1xx that is sent reliably; nothing where it is not, or makes no dialog to send a PRACK in.
std::optional<std::uint32_t> rseq_of(const sip::Message& response) {
    if (response.to_tag().empty() || !sip::has_option(response, HeaderName::require, k100rel)) return std::nullopt;
    return base::to_number<std::uint32_t>(response.value(HeaderName::rseq));
}

// RAck: RSeq, CSeq number, method (7.2).
struct Rack {
    std::uint32_t rseq = 0, cseq = 0;
};

std::optional<Rack> rack_of(const sip::Message& prack) {
    const auto text = prack.value(HeaderName::rack);
    const auto first = text.find(' '), second = text.find(' ', first + 1);
    if (first == text.npos || second == text.npos || text.substr(second + 1) != "INVITE") return std::nullopt;
    const auto rseq = base::to_number<std::uint32_t>(text.substr(0, first));
    const auto cseq = base::to_number<std::uint32_t>(text.substr(first + 1, second - first - 1));
    if (!rseq || !cseq) return std::nullopt;
    return Rack{*rseq, *cseq};
}

std::string rack(std::uint32_t rseq, std::uint32_t cseq) {
    return std::to_string(rseq) + ' ' + std::to_string(cseq) + " INVITE";
}

// In order, and not seen before (4): what came again was absorbed, what came too early comes again.
bool comes_next(HeardResponse& heard, std::uint32_t cseq, std::uint32_t rseq) {
    if (heard.cseq == cseq && rseq != heard.rseq + 1) return false;
    heard = {cseq, rseq};
    return true;
}

// A PRACK of our own, where the other side does not know what it would acknowledge.
void send_prack(Context& context, Call& call, const Exchange& invite, DialogPair& pair, std::uint32_t rseq) {
    Exchange exchange;
    exchange.from = invite.from;
    exchange.method = Method::prack;
    exchange.pair = &pair;
    auto prack = pair.dialogs[at(other(invite.from))].make_request(Method::prack);
    prack.set(HeaderName::rack, rack(rseq, invite.cseq_to));
    send_request(context, call, std::move(exchange), std::move(prack));
}

// The first number of a dialog is chosen by chance (3).
std::uint32_t next_rseq(Context& context, const Call& call, DialogPair& pair, Side to) {
    auto& last = pair.last_rseq[at(to)];
    const auto is_used = [&](std::uint32_t rseq) {
        return std::ranges::find(call.reliable, rseq, &ReliableResponse::rseq) != call.reliable.end();
    };
    if (!last) last = static_cast<std::uint32_t>(context.entropy.below(0x7fff0000));
    while (is_used(++last)) {}
    return last;
}

void arm(Context& context, const Call& call, ReliableResponse& one) {
    one.timer = context.timers.arm(std::min(context.now + one.interval, one.give_up),
                                   {Alarm::Kind::resend_reliable, call.number.value, one.rseq});
}

// Sends the response, unless one before it waits for its PRACK.
void send_in_turn(Context& context, Call& call, ReliableResponse& one) {
    for (const auto& before : call.reliable) {
        if (&before == &one) break;
        if (before.server == one.server && before.pair == one.pair && !before.acknowledged) return;
    }
    const auto t1 = call.policy->timers.transaction.t1;
    one.sent = true;
    one.interval = t1;
    one.give_up = context.now + 64 * t1;
    context.transactions.respond(one.server, one.response, context.now);
    arm(context, call, one);
}

bool is_withheld(const Call& call, sip::ServerId server) {
    return std::ranges::any_of(call.withheld, [&](const WithheldAnswer& answer) { return answer.server == server; });
}

bool blocks_answer(Call& call, sip::ServerId server) {
    const auto* exchange = call.exchange_of(server);
    return std::ranges::any_of(call.reliable, [&](const ReliableResponse& one) {
        return one.server == server && one.sent && one.described && !one.acknowledged &&
               (!exchange || one.pair == exchange->pair);
    });
}

// A PRACK came: what waited behind it may leave.
void go_on(Context& context, Call& call, sip::ServerId server) {
    for (auto& one : call.reliable)
        if (one.server == server && one.written && !one.sent) send_in_turn(context, call, one);
    if (blocks_answer(call, server)) return;
    const auto found = std::ranges::find(call.withheld, server, &WithheldAnswer::server);
    if (found == call.withheld.end()) return;
    auto response = std::move(found->response);
    call.withheld.erase(found);
    send_response(context, call, server, std::move(response));
}

// No PRACK in 64*T1: the INVITE is refused with a 5xx (3), on the other side it is cancelled or what it made is ended.
void no_prack(Context& context, Call& call, sip::ServerId server) {
    const auto* exchange = call.exchange_of(server);
    if (!exchange) return;
    const auto& invite = *exchange;
    const Side far = other(invite.from);
    if (invite.first && !call.chosen) return abandon_setup(context, call, 504, "SIP;cause=504");
    refuse(context, server, 504, invite.pair->dialogs[at(invite.from)].local_tag);
    if (!invite.answered) return context.transactions.cancel(invite.client, "SIP;cause=504", context.now);
    if (!invite.first) return hang_up(context, call, base::Reason::request_timeout);
    send_bye(context, call, *call.chosen, far);
    terminate(context, call, base::name_of(base::Reason::request_timeout), 504);
}

}  // namespace

std::optional<base::Reason> refuse_reliability(Context& context, const Party& caller, sip::ServerId server,
                                               const sip::Message& invite) {
    if (invite.method() != Method::invite) return std::nullopt;
    const bool required = sip::has_option(invite, HeaderName::require, k100rel);
    const bool speaks = required || sip::has_option(invite, HeaderName::supported, k100rel);
    const auto rule = rule_of(caller);
    const bool unwanted = rule == Reliable::off && required;
    if (!unwanted && (rule != Reliable::require || speaks)) return std::nullopt;
    const auto reason = unwanted ? base::Reason::bad_extension : base::Reason::extension_needed;
    auto response = context.transactions.respond_with(server, base::sip_status_of(reason), context.token());
    response.set(unwanted ? HeaderName::unsupported : HeaderName::require, k100rel);
    context.transactions.respond(server, response, context.now);
    return reason;
}

void ask_for_reliability(const Call& call, Exchange& exchange, sip::Message& invite) {
    if (exchange.method != Method::invite) return;
    const bool required = sip::has_option(invite, HeaderName::require, k100rel);
    const bool speaks = required || sip::has_option(invite, HeaderName::supported, k100rel);
    const auto near = rule_of(call.party(exchange.from)), far = rule_of(call.party(other(exchange.from)));
    if (speaks && near != Reliable::off)
        exchange.reliable = required || near == Reliable::require ? Reliability::demanded : Reliability::welcome;
    sip::remove_option(invite, HeaderName::require, k100rel);
    sip::remove_option(invite, HeaderName::supported, k100rel);
    // An offer in a reliable 1xx is answered in its PRACK (5): without one from the sender we could not.
    const bool possible = exchange.reliable != Reliability::none || exchange.offer_in_request;
    const bool wanted = far == Reliable::require || exchange.reliable != Reliability::none;
    if (far == Reliable::off || !possible || !wanted) return;
    sip::add_option(invite, HeaderName::supported, k100rel);
    if (far == Reliable::require) sip::add_option(invite, HeaderName::require, k100rel);
}

bool take_provisional(Context& context, Call& call, const Exchange& exchange, DialogPair& pair,
                      sip::Message& response) {
    const Side to = exchange.from, far_side = other(to);
    const auto far = rseq_of(response);
    response.remove(HeaderName::rseq);
    sip::remove_option(response, HeaderName::require, k100rel);
    if (far && !comes_next(pair.heard[at(far_side)], exchange.cseq_to, *far)) return false;
    if (far && exchange.reliable == Reliability::none) {
        // An offer that nobody can answer: it was not asked for, and is not acknowledged.
        if (has_description(response) && !exchange.offer_in_request && !pair.settled) drop_body(response);
        else send_prack(context, call, exchange, pair, *far);
        return true;
    }
    if (!far && exchange.reliable != Reliability::demanded) return true;
    // The first reliable response to an INVITE without an offer has to bring one (RFC 3261, 13.2.1): the answer will.
    if (!far && !exchange.offer_in_request && !pair.settled) return false;
    const auto rseq = next_rseq(context, call, pair, to);
    response.set(HeaderName::rseq, std::to_string(rseq));
    sip::add_option(response, HeaderName::require, k100rel);
    auto& one = call.reliable.emplace_back();
    one.server = exchange.server;
    one.pair = &pair;
    one.side = to;
    one.cseq = exchange.cseq_from;
    one.rseq = rseq;
    one.far_rseq = far.value_or(0);
    return true;
}

bool may_leave(Context& context, Call& call, sip::ServerId server, sip::Message& response) {
    if (call.reliable.empty()) return true;
    if (response.status() >= 200) {
        if (response.status() < 300 && blocks_answer(call, server)) {
            const auto* exchange = call.exchange_of(server);
            if (!is_withheld(call, server))
                call.withheld.push_back({server, exchange ? exchange->from : Side::a, exchange && exchange->first,
                                         std::move(response)});
            return false;
        }
        // Those that were sent are sent no more, but may still be acknowledged (3); what waited behind them is too late.
        for (auto& one : call.reliable)
            if (one.server == server) context.timers.cancel(one.timer);
        std::erase_if(call.reliable, [&](const ReliableResponse& one) { return one.server == server && !one.sent; });
        return true;
    }
    const auto rseq = rseq_of(response);
    const auto found = std::ranges::find_if(call.reliable, [&](const ReliableResponse& one) {
        return one.server == server && one.rseq == rseq && !one.written;
    });
    if (!rseq || found == call.reliable.end()) return true;
    found->described = has_description(response);
    found->response = std::move(response);
    found->written = true;
    send_in_turn(context, call, *found);
    return false;
}

void resend_reliable(Context& context, Call& call, std::uint64_t rseq) {
    const auto found = std::ranges::find_if(call.reliable, [&](const ReliableResponse& one) {
        return one.rseq == rseq && one.sent && !one.acknowledged;
    });
    if (found == call.reliable.end()) return;
    if (context.now >= found->give_up) return no_prack(context, call, found->server);
    context.transactions.respond(found->server, found->response, context.now);
    found->interval *= 2;
    arm(context, call, *found);
}

void prack_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    const auto rack_here = rack_of(arrived.request);
    const auto found = std::ranges::find_if(call.reliable, [&](const ReliableResponse& one) {
        return rack_here && one.pair == &pair && one.side == from && one.rseq == rack_here->rseq &&
               one.cseq == rack_here->cseq && one.sent && !one.acknowledged;
    });
    const std::string tag(pair.dialogs[at(from)].local_tag);
    const auto* invite = found == call.reliable.end() ? nullptr : call.exchange_of(found->server);
    if (!invite) return refuse(context, arrived.id, base::Reason::no_such_dialog, tag);
    const auto server = found->server;
    if (found->far_rseq) {
        arrived.request.set(HeaderName::rack, rack(found->far_rseq, invite->cseq_to));
        relay_within_call(context, call, pair, from, arrived);
        if (!context.servers.contains(arrived.id)) return;   // its description was no good: it may be sent again
    } else if (has_description(arrived.request)) {   // the far side knows of no PRACK: nobody could answer the offer
        refuse(context, arrived.id, base::Reason::unexpected_offer, tag);
    } else {
        refuse(context, arrived.id, 200, tag);
    }
    found->acknowledged = true;
    context.timers.cancel(found->timer);
    go_on(context, call, server);
}

bool awaits_withheld(const Call& call, Side side) {
    return std::ranges::any_of(call.withheld,
                               [side](const WithheldAnswer& answer) { return answer.first && answer.side == side; });
}

void forget_reliable(Context& context, Call& call, sip::ServerId server) {
    const auto concerns = [server](sip::ServerId other_server) { return !server.value || server == other_server; };
    std::erase_if(call.reliable, [&](ReliableResponse& one) {
        if (!concerns(one.server)) return false;
        context.timers.cancel(one.timer);
        return true;
    });
    std::erase_if(call.withheld, [&](const WithheldAnswer& answer) {
        if (!concerns(answer.server)) return false;
        refuse(context, answer.server, 487, answer.response.to_tag());
        return true;
    });
}

}  // namespace sbc
