#include "sbc/call_subscription.hh"

#include "base/number.hh"
#include "base/text.hh"
#include "sbc/call_answer.hh"
#include "sbc/call_life.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/refer_subscription.hh"

namespace sbc {
namespace {

using sip::HeaderName;

constexpr base::Duration kGrace = std::chrono::seconds(32);      // the last NOTIFY may still be on its way
constexpr std::uint32_t kDefaultExpires = 3600;

void live_for(Context& context, Call& call, base::Duration time) {
    context.timers.cancel(call.limit_timer);
    call.limit_timer = context.timers.arm(context.now + time + kGrace, {Alarm::Kind::call_limit, call.number.value, 0});
}

}  // namespace

void subscription_answered(Context& context, Call& call, sip::ClientId client, sip::Message response) {
    const auto asked = *call.exchange_of(client);
    const auto server = asked.server;
    if (response.status() < 200) return;
    auto* pair = pair_of_fork(context, call, response.to_tag());
    finish_exchange(context, call, client);
    if (call.state == Call::State::terminating) return;   // it has been answered
    if (!pair) {
        refuse(context, server, base::Reason::internal, call.pairs.front()->dialogs[at(Side::a)].local_tag);
        return terminate(context, call, "no_dialog");
    }
    if (asked.method == sip::Method::refer) note_referral(*pair, {Side::a, asked.cseq_from, asked.cseq_to});
    auto& far = pair->dialogs[at(Side::b)];
    far.confirm(response);
    far.refresh_target(response);
    const auto expires = base::to_number<std::uint32_t>(response.value(HeaderName::expires)).value_or(kDefaultExpires);
    cross_response(context, response, server, pair->dialogs[at(Side::a)].local_tag,
                   {call.party(Side::b), call.party(Side::a)});
    context.transactions.respond(server, response, context.now);
    call.chosen = pair;
    call.state = Call::State::established;
    context.timers.cancel(call.setup->no_reply);
    live_for(context, call, std::chrono::seconds(std::min(expires, 86400u)));
}

void subscription_told(Context& context, Call& call, const sip::Message& message) {
    if (call.kind != Call::Kind::subscription) return;
    const auto state = message.value(HeaderName::subscription_state);
    if (base::starts_with_ignoring_case(state, "terminated")) return live_for(context, call, base::Duration{0});
    const auto expires = base::to_number<std::uint32_t>(message.value(HeaderName::expires));
    if (!message.is_request() && expires) live_for(context, call, std::chrono::seconds(std::min(*expires, 86400u)));
}

}  // namespace sbc
