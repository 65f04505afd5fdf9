// Transfers (RFC 3515, RFC 5589): who refers, and who is called because of it. Where the gate carries them out, the one
// who was called takes the place of the one who referred; where it relays them, nothing comes of it.
#include <algorithm>

#include "base/number.hh"
#include "tests/sim/agent.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

namespace {

constexpr std::string_view kUser = "transfer-";   // and the story, and whose place it is

}  // namespace

// Another call of ours that a consultation could have been.
const Leg* Agent::consulted(const Leg& leg) const {
    for (const auto& candidate : legs_)
        if (candidate->story != leg.story && candidate->state == Leg::State::established && !candidate->took_over)
            return candidate.get();
    return nullptr;
}

void Agent::refer(Leg& leg) {
    auto& story = *leg.story;
    const auto* other = world_.chance(0.3) ? consulted(leg) : nullptr;
    std::string target = "<sip:" + std::string(kUser) + std::to_string(story.number) + '-' +
                         std::to_string(static_cast<int>(leg.who)) + '@' + home_.gate.to_string();
    if (other) {
        const sip::DialogName name{other->dialog.call_id, other->dialog.remote_tag, other->dialog.local_tag};
        target += "?Replaces=" + sip::escaped_header(name.to_string());
        other->story->referred = true;
    }
    story.referred = true;
    ++story.referring;
    auto message = leg.dialog.make_request(Method::refer);
    message.set(HeaderName::refer_to, target + '>');
    message.set(HeaderName::contact, contact());
    const auto answered = std::make_shared<bool>(false);
    request(std::move(message), [&story, answered](const sip::Message* response) {
        if (response && response->status() < 300) return;
        if (!std::exchange(*answered, true)) --story.referring;
    });
}

void Agent::referral_told(Leg& leg, const sip::Message& notify) {
    if (notify.body().find("SIP/2.0 ") != 0) world_.broken("a NOTIFY of a transfer tells no status");
    if (!notify.value(HeaderName::subscription_state).starts_with("terminated")) return;
    if (notify.body().starts_with("SIP/2.0 200")) ++leg.story->transferred;   // who takes over may hear of it later
    else if (leg.story->referring) --leg.story->referring;
}

// The call that an INVITE wants to take over is one of ours (RFC 3891, 3).
Leg* Agent::replaced(const sip::Message& invite) {
    const auto name = sip::DialogName::parse(invite.value(HeaderName::replaces));
    if (!name) return nullptr;
    for (const auto& leg : legs_)
        if (leg->dialog.call_id == name->call_id && leg->dialog.local_tag == name->to_tag && leg->dialog.remote_tag == name->from_tag)
            return leg.get();
    world_.broken(home_.name + " is to replace a dialog that it does not know");
    return nullptr;
}

// Whose place is taken, by the user that they were called as. Null: it is not about that.
Story* Agent::story_of_transfer(const sip::Message& invite, Who& who) {
    const auto uri = sip::Uri::parse(invite.request_uri());
    if (!uri || !uri->user.starts_with(kUser)) return nullptr;
    const auto rest = std::string_view(uri->user).substr(kUser.size());
    const auto number = base::to_number<unsigned>(rest.substr(0, rest.find('-')));
    const auto found = cast_.stories.find(number.value_or(0));
    who = rest.ends_with('0') ? Who::caller : Who::callee;
    return found == cast_.stories.end() ? nullptr : found->second;
}

// True: somebody was referred to us.
bool Agent::transfer_arrives(sip::RequestArrived& arrived) {
    auto who = Who::callee;
    auto* old = replaced(arrived.request);
    auto* story = old ? old->story : story_of_transfer(arrived.request, who);
    if (!story) return false;
    const auto dialog = sip::Dialog::as_uas(arrived.request, token(10));
    if (!dialog) world_.broken("the call of a transfer makes no dialog");
    auto& incoming = *incoming_.emplace_back(std::make_unique<Incoming>());
    incoming.server = arrived.id;
    incoming.story = story;
    incoming.invite = std::make_shared<sip::Message>(std::move(arrived.request));
    auto& leg = add_leg(story, who);
    leg.dialog = *dialog;
    leg.took_over = true;
    leg.replaces = old;
    incoming.legs.push_back(&leg);
    world_.after(world_.between(Duration{0}, Duration{300000}), [this, &incoming] { ring(incoming, 0); });
    if (world_.chance(0.05)) return true;   // it rings for ever
    const bool refuses = world_.chance(0.2);
    world_.after(world_.between(Duration{0}, Duration{3000000}), [this, &incoming, refuses] {
        if (refuses) decline(incoming, 486);
        else pick_up(incoming, 0);
    });
    return true;
}

// Its offer was answered: it talks to the one who is left.
void Agent::takes_over(Leg& leg) {
    world_.after(world_.between(Duration{100000}, Duration{9000000}), [this, &leg] { bye(leg); });
    if (leg.replaces) return bye(*leg.replaces);
    leg.story->talking[static_cast<std::size_t>(leg.who)] = &leg;
    if (leg.story->referring) --leg.story->referring;
}

}  // namespace sim
