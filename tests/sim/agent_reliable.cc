// Reliable provisional responses between agents that both support them (RFC 3262): the callee repeats its response until
// the PRACK comes, the caller acknowledges each once.
#include <algorithm>

#include "base/number.hh"
#include "tests/sim/agent.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

// RFC 3262, 3: in twice the time each, for 64*T1 in all; then the call fails.
void Agent::insist(Incoming& incoming, Leg& leg, std::shared_ptr<sip::Message> provisional, Duration interval) {
    if (dead_ || incoming.over || leg.state != Leg::State::early || leg.reliable.acknowledged) return;
    if (interval > std::chrono::seconds(32)) return decline(incoming, 504);
    respond(incoming.server, provisional->clone());
    world_.after(interval, [this, &incoming, &leg, provisional, interval] { insist(incoming, leg, provisional, 2 * interval); });
}

void Agent::prack_arrives(Leg& leg, sip::RequestArrived& arrived) {
    const auto named = arrived.request.value(HeaderName::rack);
    const auto invite = std::ranges::find_if(incoming_, [&](const auto& incoming) {
        return std::ranges::find(incoming->legs, &leg) != incoming->legs.end();
    });
    if (invite == incoming_.end() || !leg.reliable.number) {
        world_.broken("a PRACK for nothing");
        return answer(arrived.id, 481, leg.dialog.local_tag);
    }
    const auto due = std::to_string(leg.reliable.number) + " " + std::to_string((*invite)->invite->cseq()) + " INVITE";
    if (named != due) {
        world_.broken("a PRACK that names '" + std::string(named) + "' instead of '" + due + "'");
        return answer(arrived.id, 481, leg.dialog.local_tag);
    }
    if (!leg.reliable.acknowledged) ++leg.story->pracks;
    leg.reliable.acknowledged = true;
    answer(arrived.id, 200, leg.dialog.local_tag);
}

void Agent::prack(Leg& leg, const sip::Message& provisional) {
    const auto number = base::to_number<unsigned>(provisional.value(HeaderName::rseq));
    if (!number || leg.reliable.number == *number || leg.state != Leg::State::early) return;
    if (provisional.value(HeaderName::require) != "100rel") world_.broken("an RSeq without Require: 100rel");
    leg.reliable.number = *number;
    auto message = leg.dialog.make_request(Method::prack);
    message.set(HeaderName::rack, std::to_string(*number) + " " + std::string(provisional.value(HeaderName::cseq)));
    request(std::move(message), [](const sip::Message*) {});
}

}  // namespace sim
