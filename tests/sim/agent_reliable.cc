// Reliable provisional responses (RFC 3262) as caller and callee, and what neither may hear of them.
#include <algorithm>

#include "base/number.hh"
#include "sip/option_tags.hh"
#include "tests/sim/agent.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

namespace {

constexpr std::string_view k100rel = "100rel";

}  // namespace

void Agent::hear_provisional(Leg& leg, const sip::Message& invite, const sip::Message& response) {
    const auto wanted = leg.story->plan.caller_reliable;
    const bool reliable = sip::has_option(response, HeaderName::require, k100rel);
    if (reliable && wanted == Reliable::no) world_.broken("a reliable response to a caller who does not speak it");
    if (!reliable && wanted == Reliable::required) world_.broken("a response that is not reliable, as it was required");
    const bool brings = leg.story->plan.late_offer && response.has_sdp();
    if (brings && !reliable) world_.broken("an offer in a response that is not reliable");
    const auto rseq = base::to_number<std::uint32_t>(response.value(HeaderName::rseq));
    if (!reliable || !rseq || dead_ || leg.state != Leg::State::early) return;
    if (leg.rseq_heard && *rseq > leg.rseq_heard + 1) world_.broken("a reliable response out of turn");
    if (leg.rseq_heard && *rseq <= leg.rseq_heard) return;   // it came again
    leg.rseq_heard = *rseq;
    auto prack = leg.dialog.make_request(Method::prack);
    prack.set(HeaderName::rack, std::to_string(*rseq) + ' ' + std::to_string(invite.cseq()) + " INVITE");
    if (brings && leg.streams.empty()) prack.set_body(answer_late(leg, response.body()), "application/sdp");
    request(std::move(prack), [](const sip::Message*) {});
}

bool Agent::make_reliable(Incoming& incoming, Leg& leg, sip::Message& response) {
    const bool may = sip::has_option(*incoming.invite, HeaderName::supported, k100rel);
    if (incoming.story->plan.caller_reliable != Reliable::no && !may && !leg.took_over) world_.broken("100rel did not cross");
    if (!incoming.story->plan.callee_reliable || !may) return false;
    leg.rseq = static_cast<std::uint32_t>(1 + world_.below(1000000));
    response.add(HeaderName::require, k100rel);
    response.add(HeaderName::rseq, std::to_string(leg.rseq));
    return true;
}

void Agent::repeat_reliable(Incoming& incoming, Leg& leg, sip::Message response, base::Duration interval) {
    const auto kept = std::make_shared<sip::Message>(std::move(response));
    world_.after(interval, [this, &incoming, &leg, kept, interval] {
        if (dead_ || incoming.over || incoming.first_answer || !leg.rseq || leg.state != Leg::State::early) return;
        if (interval > std::chrono::seconds(16)) return decline(incoming, 500);
        respond(incoming.server, kept->clone());
        repeat_reliable(incoming, leg, kept->clone(), 2 * interval);
    });
}

void Agent::prack_arrives(Leg& leg, sip::RequestArrived& arrived) {
    const auto tag = leg.dialog.local_tag;
    if (arrived.request.has_sdp()) world_.broken("a PRACK with a description that nobody waits for");
    const auto rack = arrived.request.value(HeaderName::rack);
    const auto invite = std::ranges::find_if(incoming_, [&](const auto& incoming) {
        return std::ranges::find(incoming->legs, &leg) != incoming->legs.end();
    });
    const bool right = leg.rseq && invite != incoming_.end() &&
                       rack == std::to_string(leg.rseq) + ' ' + std::to_string((*invite)->invite->cseq()) + " INVITE";
    if (!right && leg.rseq) world_.broken("a PRACK that acknowledges nothing: " + std::string(rack));
    if (right) {
        leg.rseq = 0;
        ++leg.story->pracks;
    }
    answer(arrived.id, right ? 200 : 481, tag);
}

}  // namespace sim
