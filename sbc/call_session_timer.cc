// Owns: RFC 4028, 7 to 10, at each of the two dialogs. Does not own: the refresh itself (call_refresh.cc).
#include "sbc/call_session_timer.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sbc/call_life.hh"
#include "sbc/call_refresh.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"
#include "sip/option_tags.hh"
#include "sip/parameters.hh"

namespace sbc {
namespace {

using policy::SessionMode;
using sip::HeaderName;
using sip::Method;
using Refresher = SessionRequest::Refresher;

constexpr std::string_view kTimer = "timer";
constexpr std::uint32_t kLongest = 86400;   // of what others ask for: a larger number is as good as none

bool concerns(Method method) { return method == Method::invite || method == Method::update; }

std::uint32_t in_seconds(base::Duration duration) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

// Delta-seconds before any parameter; 0: none, or no number.
std::uint32_t seconds_of(const sip::Message& message, HeaderName header) {
    const auto value = message.value(header);
    const auto number = base::to_number<std::uint32_t>(base::trimmed(value.substr(0, value.find(';'))));
    return std::min(number.value_or(0), kLongest);
}

// The word of the refresher parameter: "uac", "uas" or nothing.
std::string refresher_of(const sip::Message& message) {
    const auto value = message.value(HeaderName::session_expires);
    const auto semicolon = value.find(';');
    if (semicolon == value.npos) return {};
    const auto parameters = sip::split_parameters(value.substr(semicolon));
    const auto word = sip::find_parameter(parameters, "refresher");
    return word ? std::string(*word) : std::string();
}

SessionRequest request_of(const sip::Message& message) {
    SessionRequest asked;
    asked.speaks = sip::has_option(message, HeaderName::supported, kTimer) ||
                   sip::has_option(message, HeaderName::require, kTimer);
    asked.seconds = seconds_of(message, HeaderName::session_expires);
    const auto word = refresher_of(message);
    if (base::equals_ignoring_case(word, "uac")) asked.refresher = Refresher::sender;
    if (base::equals_ignoring_case(word, "uas")) asked.refresher = Refresher::receiver;
    return asked;
}

void learn_allow(Party& party, const sip::Message& message) {
    if (message.has(HeaderName::allow)) party.updates = sip::has_option(message, HeaderName::allow, "UPDATE");
}

void strip(sip::Message& message) {
    message.remove(HeaderName::session_expires);
    message.remove(HeaderName::min_se);
    sip::remove_option(message, HeaderName::supported, kTimer);
    sip::remove_option(message, HeaderName::require, kTimer);
}

bool is_end_to_end(const Call& call) { return session_rules(call, Side::a).mode == SessionMode::pass; }

std::uint32_t longest_minimum(const Call& call, Side side) {
    return std::max(in_seconds(session_rules(call, side).minimum), call.sessions[at(side)].minimum);
}

// Who does not refresh it in time ends the call so long before its end (10).
base::Duration spare_of(const Call& call, const SessionTimer& session) {
    return std::chrono::seconds(is_end_to_end(call) ? 0U : std::min(32U, session.seconds / 3));
}

void arm(Context& context, Call& call, Side side, base::Time due) {
    auto& session = call.sessions[at(side)];
    session.timer = context.timers.arm(std::max(due, context.now), {Alarm::Kind::session, call.number.value, at(side)});
}

// We refresh at half of the time; whom we wait for has until shortly before its end.
void await(Context& context, Call& call, Side side) {
    const auto& session = call.sessions[at(side)];
    const auto left = session.ours ? std::chrono::seconds(session.seconds - std::max(1U, session.seconds / 2))
                                   : spare_of(call, session);
    arm(context, call, side, session.expires - left);
}

void start(Context& context, Call& call, Side side, std::uint32_t seconds, bool ours) {
    auto& session = call.sessions[at(side)];
    context.timers.cancel(session.timer);
    session.seconds = seconds;
    session.ours = ours;
    if (!seconds) return;
    session.expires = context.now + std::chrono::seconds(seconds);
    await(context, call, side);
}

// A 2xx of one side to a request of ours there.
void agree_as_client(Context& context, Call& call, Side side, const sip::Message& response) {
    const auto rules = session_rules(call, side);
    if (rules.mode != SessionMode::local) return;
    const auto seconds = seconds_of(response, HeaderName::session_expires);
    // Who does not answer it does not know of it: then only we can refresh (7.2).
    const bool ours = !seconds || !base::equals_ignoring_case(refresher_of(response), "uas");
    start(context, call, side, seconds ? seconds : std::max(in_seconds(rules.expires), longest_minimum(call, side)), ours);
}

// Our 2xx to a request of that side.
void agree_as_server(Context& context, Call& call, Side side, const SessionRequest& asked, sip::Message& response) {
    const auto rules = session_rules(call, side);
    if (rules.mode != SessionMode::local) return;
    const auto wanted = std::max(in_seconds(rules.expires), longest_minimum(call, side));
    const auto seconds = asked.seconds ? std::min(asked.seconds, wanted) : wanted;
    const auto agreed = std::max(seconds, longest_minimum(call, side));
    const bool ours = !asked.speaks || asked.refresher == Refresher::receiver;
    start(context, call, side, agreed, ours);
    if (!asked.speaks) return;
    response.set(HeaderName::session_expires, std::to_string(agreed) + (ours ? ";refresher=uas" : ";refresher=uac"));
    sip::add_option(response, HeaderName::supported, kTimer);
    if (!ours) sip::add_option(response, HeaderName::require, kTimer);
}

}  // namespace

policy::SessionRules session_rules(const Call& call, Side side) {
    const auto mine = call.party(side).rules.session.value_or(policy::SessionRules{});
    const auto others = call.party(other(side)).rules.session.value_or(policy::SessionRules{});
    if (mine.mode != SessionMode::pass || others.mode == SessionMode::pass) return mine;
    return {.mode = others.mode};
}

std::optional<base::Reason> refuse_session(Context& context, const Party& party, const sip::RequestArrived& arrived) {
    const auto& rules = party.rules.session;
    const auto& request = arrived.request;
    if (!rules || rules->mode != SessionMode::local || !concerns(request.method())) return std::nullopt;
    const auto seconds = seconds_of(request, HeaderName::session_expires);
    const auto minimum = in_seconds(rules->minimum);
    if (!seconds || seconds >= minimum || !sip::has_option(request, HeaderName::supported, kTimer)) return std::nullopt;
    auto response = context.transactions.respond_with(arrived.id, base::sip_status_of(base::Reason::session_too_short), context.token());
    response.set(HeaderName::min_se, std::to_string(minimum));
    context.transactions.respond(arrived.id, response, context.now);
    return base::Reason::session_too_short;
}

void ask_for_session(Call& call, Exchange& exchange, sip::Message& request) {
    if (!concerns(request.method()) || call.kind != Call::Kind::invite) return;
    learn_allow(call.party(exchange.from), request);
    if (is_end_to_end(call)) return;
    const Side to = other(exchange.from);
    auto& near = call.sessions[at(exchange.from)];
    exchange.session = request_of(request);
    near.minimum = std::max(near.minimum, seconds_of(request, HeaderName::min_se));
    strip(request);
    write_session_request(call, to, request);
}

void write_session_request(const Call& call, Side to, sip::Message& request) {
    const auto rules = session_rules(call, to);
    if (rules.mode != SessionMode::local) return;
    const auto& session = call.sessions[at(to)];
    const auto minimum = longest_minimum(call, to);
    auto value = std::to_string(std::max({in_seconds(rules.expires), session.seconds, minimum}));
    if (session.seconds) value += session.ours ? ";refresher=uac" : ";refresher=uas";   // as it was (7.4)
    request.set(HeaderName::session_expires, value);
    request.set(HeaderName::min_se, std::to_string(minimum));
    sip::add_option(request, HeaderName::supported, kTimer);
}

void agree_on_session(Context& context, Call& call, const Exchange& exchange, sip::Message& response) {
    if (!concerns(exchange.method) || call.kind != Call::Kind::invite) return;
    const Side from = exchange.from, to = other(from);
    if (response.status() < 300) learn_allow(call.party(to), response);
    const bool agreed = response.status() / 100 == 2;
    if (is_end_to_end(call)) {
        if (agreed) start(context, call, Side::a, seconds_of(response, HeaderName::session_expires), false);
        return;
    }
    if (agreed) agree_as_client(context, call, to, response);
    strip(response);
    if (agreed) agree_as_server(context, call, from, exchange.session, response);
}

void refreshed(Context& context, Call& call, Side side, const sip::Message& response) {
    agree_as_client(context, call, side, response);
}

bool raise_minimum(Call& call, Side side, const sip::Message& response) {
    const auto minimum = seconds_of(response, HeaderName::min_se);
    if (minimum <= longest_minimum(call, side)) return false;
    call.sessions[at(side)].minimum = minimum;
    return true;
}

bool repeats_descriptions(const Call& call, Side side) {
    const auto rules = session_rules(call, side);
    return rules.mode == SessionMode::local && rules.refresh != policy::Refresh::update;
}

bool answer_refresh(Context& context, Call& call, DialogPair& pair, Side from, const sip::RequestArrived& arrived) {
    const auto& request = arrived.request;
    if (request.method() != Method::update || !request.body().empty() || call.chosen != &pair || is_end_to_end(call))
        return false;
    auto& dialog = pair.dialogs[at(from)];
    dialog.refresh_target(request);
    auto response = context.transactions.respond_with(arrived.id, 200, dialog.local_tag);
    response.set(HeaderName::contact, call.party(from).contact);
    agree_as_server(context, call, from, request_of(request), response);
    context.transactions.respond(arrived.id, response, context.now);
    return true;
}

bool ask_for_longer_session(Context& context, Call& call, sip::ClientId client, const sip::Message& response) {
    auto& setup = call.setup;
    if (call.state != Call::State::early || !setup || !setup->sent || !raise_minimum(call, Side::b, response)) return false;
    Exchange exchange = *call.exchange_of(client);
    finish_exchange(context, call, client);
    context.servers[exchange.server] = {Owner::Kind::call, call.number.value};
    auto invite = setup->sent->clone();
    write_session_request(call, Side::b, invite);
    invite.set(HeaderName::cseq, std::to_string(++setup->far.local_cseq) + " INVITE");
    send_request(context, call, std::move(exchange), std::move(invite));
    return true;
}

void session_is_due(Context& context, Call& call, Side side) {
    auto& session = call.sessions[at(side)];
    if (call.state != Call::State::established || !session.seconds) return;
    auto next = session.expires - spare_of(call, session);
    if (context.now >= next) return hang_up(context, call, base::Reason::session_expired);
    if (session.ours && !send_refresh(context, call, side)) next = std::min(next, context.now + std::chrono::seconds(2));
    arm(context, call, side, next);
}

void resume_sessions(Context& context, Call& call) {
    for (const Side side : {Side::a, Side::b})
        if (call.sessions[at(side)].seconds) await(context, call, side);
}

void stop_session_timers(Context& context, Call& call) {
    for (auto& session : call.sessions) context.timers.cancel(session.timer);
}

}  // namespace sbc
