// The agent's frame: bytes in and out, transactions, time; who is asked for what.
#include "tests/sim/agent.hh"

#include <algorithm>

#include "sip/guard.hh"
#include "tests/sim/bait.hh"
#include "tests/sim/map.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

Agent::Agent(Cast& cast, Home home)
    : cast_(cast),
      world_(*cast.world),
      home_(std::move(home)),
      entropy_(world_.dice().next()),
      transactions_({}, entropy_, {}) {
    cast_.network->listen(home_.transport, home_.real,
                          [this](const auto&, const auto& from, const auto& bytes) { receive(from, bytes); });
}

void Agent::die() {
    if (dead_) return;
    dead_ = true;
    world_.tell("     " + home_.name + " dies");
    cast_.network->go_dark(home_.real.address);
    cast_.network->go_dark(home_.real_media);
}

base::Flow Agent::flow() const {
    base::Flow flow;
    flow.transport = home_.transport;
    flow.local = home_.real;
    flow.remote = home_.gate;
    if (base::is_reliable(home_.transport)) flow.connection = {1};
    return flow;
}

void Agent::receive(const base::Endpoint& from, const Bytes& bytes) {
    if (dead_ || asleep_) return;
    if (from != home_.gate) return world_.broken(home_.name + " hears from " + from.to_string());
    const bool datagram = !base::is_reliable(home_.transport);
    const auto verdict = sip::guard(*bytes, datagram ? sip::Framing::datagram : sip::Framing::stream, {});
    if (!verdict.accepted) return world_.broken(home_.name + " hears what its guard refuses");
    auto message = sip::Message::parse(std::string_view(*bytes).substr(0, verdict.message_bytes));
    if (!message) return world_.broken(home_.name + " hears what its parser refuses");
    transactions_.receive(std::move(*message), flow(), world_.now());
    settle();
}

void Agent::settle() {
    for (auto events = transactions_.take_events(); !events.empty(); events = transactions_.take_events())
        for (auto& event : events) std::visit([this](auto& e) { on(e); }, event);
    for (const auto& send : transactions_.take_sends()) {
        if (dead_) continue;
        if (base::is_reliable(home_.transport)) cast_.network->send_stream(home_.real, home_.gate, send.bytes);
        else cast_.network->send_datagram(home_.real, home_.gate, send.bytes);
    }
    wake_up_in_time();
}

void Agent::wake_up_in_time() {
    const auto deadline = transactions_.next_deadline();
    if (deadline == base::kNever || (alarm_ != base::kNever && alarm_ <= std::max(deadline, world_.now()))) return;
    alarm_ = std::max(deadline, world_.now());
    world_.at(alarm_, [this, at = alarm_] {
        if (alarm_ != at) return;
        alarm_ = base::kNever;
        transactions_.advance(world_.now());
        settle();
    });
}

void Agent::reset_streams() {
    transactions_.transport_failed(flow(), world_.now());
    settle();
}

void Agent::on(sip::RequestArrived& arrived) {
    if (dead_) return;
    const auto tag = arrived.request.to_tag();
    if (tag.empty()) return request_outside(arrived);
    if (auto* leg = leg_of(arrived.request)) return request_within(*leg, arrived);
    if (!subscription_within(arrived)) answer(arrived.id, 481);
}

void Agent::on(sip::ResponseArrived& arrived) {
    const auto found = waiting_.find(arrived.id);
    if (dead_ || found == waiting_.end()) return;
    const auto answered = found->second;
    answered(&arrived.response);
}

void Agent::on(sip::ClientFailed& failed) {
    const auto found = waiting_.find(failed.id);
    if (dead_ || found == waiting_.end()) return;
    const auto answered = found->second;
    waiting_.erase(found);
    answered(nullptr);
}

sip::ClientId Agent::request(sip::Message message, Answered answered) {
    if (dead_) return {};
    if (home_.inside) add_bait(world_, message, home_.written.address);
    const auto id = transactions_.request(std::move(message), flow(), home_.written.to_string(), world_.now());
    waiting_[id] = std::move(answered);
    settle();
    return id;
}

sip::Message Agent::response(sip::ServerId server, int status, std::string_view tag) {
    auto message = transactions_.respond_with(server, status, tag);
    if (status < 300) message.set(HeaderName::contact, contact());
    return message;
}

void Agent::respond(sip::ServerId server, sip::Message message) {
    if (dead_) return;
    if (home_.inside && message.status() > 100) add_bait(world_, message, home_.written.address);
    transactions_.respond(server, message, world_.now());
    settle();
}

void Agent::answer(sip::ServerId server, int status, std::string_view tag) {
    respond(server, response(server, status, tag.empty() ? token(8) : std::string(tag)));
}

std::string Agent::contact() const {
    std::string text = "<sip:" + home_.name + "@" + home_.written.to_string();
    if (base::is_reliable(home_.transport)) text += ";transport=tcp";
    return text + ">";
}

std::string Agent::token(std::size_t length) { return entropy_.token(length); }

Leg& Agent::add_leg(Story* story, Who who) {
    auto& leg = *legs_.emplace_back(std::make_unique<Leg>());
    leg.agent = this;
    leg.story = story;
    leg.who = who;
    leg.style = new_style();
    if (story) story->legs.push_back(&leg);
    return leg;
}

// The forks of one caller share its tag.
Leg* Agent::leg_of(const sip::Message& request) {
    for (const auto& leg : legs_)
        if (leg->dialog.local_tag == request.to_tag() && leg->dialog.remote_tag == request.from_tag()) return leg.get();
    return nullptr;
}

}  // namespace sim
