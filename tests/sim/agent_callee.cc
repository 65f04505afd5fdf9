// The callee's part: several forks that ring, early media, an answer that is repeated until its ACK comes (RFC 3261,
// 13.3), or a refusal.
#include <algorithm>

#include "base/number.hh"
#include "tests/sim/agent.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

void Agent::call_arrives(sip::RequestArrived& arrived) {
    if (transfer_arrives(arrived)) return;
    const auto number = base::to_number<unsigned>(arrived.request.value("Story-Number"));
    const auto found = cast_.stories.find(number.value_or(0));
    if (found == cast_.stories.end()) {
        world_.broken(home_.name + " is called without a story");
        return answer(arrived.id, 404);
    }
    auto& incoming = *incoming_.emplace_back(std::make_unique<Incoming>());
    incoming.server = arrived.id;
    incoming.story = found->second;
    incoming.invite = std::make_shared<sip::Message>(std::move(arrived.request));
    const auto& plan = incoming.story->plan;
    if (plan.late_offer && incoming.invite->has_sdp()) incoming.story->offered_by_gate = true;
    if (plan.first_status && home_.name == "pbx") return decline(incoming, plan.first_status);
    for (unsigned fork = 0; fork < plan.forks; ++fork) {
        auto& leg = add_leg(incoming.story, Who::callee);
        const auto dialog = sip::Dialog::as_uas(*incoming.invite, token(10));
        if (!dialog) {
            world_.broken("an INVITE that makes no dialog");
            return decline(incoming, 400);
        }
        leg.dialog = *dialog;
        leg.fork = fork + (home_.name == "spare" ? 11 : 1);   // the second target's are others
        incoming.legs.push_back(&leg);
        world_.after(plan.ring_after + Duration(fork * 7000), [this, &incoming, fork] { ring(incoming, fork); });
    }
    if (!plan.status) return;
    world_.after(plan.answer_after, [this, &incoming, &plan] {
        if (plan.status >= 300) return decline(incoming, plan.status);
        const auto fork = incoming.legs.size() - 1;
        pick_up(incoming, fork);
        if (!plan.two_answers || !fork) return;
        world_.after(world_.between(Duration{0}, Duration{30000}), [this, &incoming] {
            incoming.over = false;
            pick_up(incoming, 0);
        });
    });
}

void Agent::decline(Incoming& incoming, int status) {
    if (dead_ || incoming.over) return;
    incoming.over = true;
    for (auto* leg : incoming.legs) leg->state = Leg::State::ended;
    auto message = response(incoming.server, status, token(8));
    const bool leads_on = status == incoming.story->plan.first_status;
    if (status / 100 == 3)
        message.set(HeaderName::contact, leads_on ? "<sip:found" + std::to_string(incoming.story->number) + "@198.51.100.11>;q=0.7"
                                                  : "<sip:elsewhere@" + base::host_text(home_.written.address) + ">");
    respond(incoming.server, std::move(message));
}

void Agent::ring(Incoming& incoming, std::size_t fork) {
    auto& leg = *incoming.legs[fork];
    if (dead_ || incoming.over || leg.state != Leg::State::early) return;
    const bool early = incoming.story->plan.early_media && incoming.invite->has_sdp();
    auto message = response(incoming.server, early ? 183 : 180, leg.dialog.local_tag);
    message.set("Fork-Number", std::to_string(leg.fork));
    if (early) {
        leg.streams.clear();
        if (!read_offer(leg.streams, incoming.invite->body(), [this](std::size_t i) { return i == 0 || world_.chance(0.7); },
                        [&] { return take_port(leg.story); }))
            world_.broken("an offer that a callee cannot read");
        message.set_body(describe(leg, leg.streams), "application/sdp");
    }
    if (make_reliable(incoming, leg, message)) repeat_reliable(incoming, leg, message.clone(), std::chrono::milliseconds(500));
    respond(incoming.server, std::move(message));
    if (early) talk_early(leg, {});
}

// A fork that is not chosen hears of it late, and may talk on into the call that another has now.
void Agent::talk_early(Leg& leg, Time last) {
    if (dead_ || leg.state == Leg::State::established) return;
    if ((leg.state == Leg::State::ended || leg.story->over()) && last == Time{}) last = world_.now() + std::chrono::milliseconds(400);
    if (last != Time{} && world_.now() > last) return;
    const auto numbers = send_media(leg, leg.streams);
    if (!leg.story->talking[1])
        for (const auto number : numbers) leg.story->early[number] = leg.fork;
    if (leg.story->plan.forks > 1) world_.after(Duration{200000}, [this, &leg, last] { talk_early(leg, last); });
}

void Agent::pick_up(Incoming& incoming, std::size_t fork) {
    auto& leg = *incoming.legs[fork];
    if (dead_ || incoming.over || leg.state != Leg::State::early) return;
    if (leg.rseq && !incoming.first_answer)   // described or not: it waits for its PRACK (RFC 3262, 3)
        return world_.after(std::chrono::milliseconds(50), [this, &incoming, fork] { pick_up(incoming, fork); });
    incoming.over = true;
    leg.state = Leg::State::established;
    // The transaction knows the request no more once it was answered: another fork's answer is like the first.
    auto message = incoming.first_answer ? incoming.first_answer->clone() : response(incoming.server, 200, leg.dialog.local_tag);
    message.set(HeaderName::to, std::string(incoming.invite->value(HeaderName::to)) + ";tag=" + leg.dialog.local_tag);
    if (!incoming.first_answer) incoming.first_answer = std::make_shared<sip::Message>(message.clone());
    if (incoming.invite->has_sdp()) {
        if (leg.streams.empty() &&
            !read_offer(leg.streams, incoming.invite->body(), [this](std::size_t i) { return i == 0 || world_.chance(0.7); },
                        [&] { return take_port(leg.story); }))
            world_.broken("an offer that a callee cannot read");
        message.set_body(describe(leg, leg.streams), "application/sdp");
        ++leg.agreements;
    } else {
        leg.offered = new_streams();
        message.set_body(describe(leg, *leg.offered), "application/sdp");
    }
    if (const auto asked = incoming.invite->value(HeaderName::session_expires); incoming.story->plan.callee_timer && !asked.empty()) {
        message.set(HeaderName::session_expires, std::string(asked.substr(0, asked.find(';'))) + ";refresher=uas");
        message.set(HeaderName::require, "timer");
    }
    send_answer(leg, incoming.server, std::move(message));
    for (auto* other_leg : incoming.legs)
        if (other_leg->state == Leg::State::early && !incoming.story->plan.two_answers)
            other_leg->state = Leg::State::ended;
    if (!leg.took_over) answered(leg);
}

void Agent::give_up_ringing() {
    if (dead_) return;
    for (const auto& incoming : incoming_)
        if (!incoming->over) decline(*incoming, 480);
    for (const auto& leg : legs_)
        if (leg->invite_in.value) answer(std::exchange(leg->invite_in, {}), 480);
    for (const auto& leg : legs_)
        if (leg->invite_out.value) transactions_.cancel(leg->invite_out, {}, world_.now());
    settle();
}

void Agent::hang_up_all() {
    for (const auto& leg : legs_) bye(*leg);
}

void Agent::send_answer(Leg& leg, sip::ServerId server, sip::Message message) {
    auto kept = std::make_shared<sip::Message>(message.clone());
    leg.unacknowledged = {server, message.cseq(), std::move(kept), std::chrono::milliseconds(500),
                          world_.now() + std::chrono::seconds(32)};
    respond(server, std::move(message));
    world_.after(leg.unacknowledged->interval, [this, &leg, server] { repeat_answer(leg, server); });
}

void Agent::repeat_answer(Leg& leg, sip::ServerId server) {
    if (dead_ || !leg.unacknowledged || leg.unacknowledged->server != server) return;
    auto& answer = *leg.unacknowledged;
    if (world_.now() >= answer.give_up) {
        leg.unacknowledged.reset();
        return bye(leg);
    }
    transactions_.respond(server, *answer.response, world_.now());
    settle();
    answer.interval = std::min(2 * answer.interval, Duration(std::chrono::seconds(4)));
    world_.after(answer.interval, [this, &leg, server] { repeat_answer(leg, server); });
}

void Agent::on(sip::AckArrived& arrived) {
    auto* leg = leg_of(arrived.ack);
    if (dead_ || !leg || !leg->unacknowledged || leg->unacknowledged->cseq != arrived.ack.cseq()) return;
    leg->unacknowledged.reset();
    if (!leg->offered && arrived.ack.has_sdp()) world_.broken("an ACK with a description that nobody waits for");
    if (!leg->offered && leg->took_over && leg->agreements == 1)   // it was offered something; where nothing came of it, a BYE follows
        world_.after(Duration{500000}, [this, leg] {
            if (leg->state == Leg::State::established) takes_over(*leg);
        });
    if (!leg->offered) return;
    if (!arrived.ack.has_sdp()) {
        // Of a fork that nobody wants, of a far side that has gone, or of a call that the gate was told to end: a BYE
        // follows.
        leg->offered.reset();
        const auto both_talk = std::ranges::all_of(
            leg->story->talking, [](const Leg* side) { return side && side->state == Leg::State::established; });
        const auto& plan = leg->story->plan;
        if (leg->state == Leg::State::established && plan.forks == 1 && !plan.two_answers && !leg->story->cancelled &&
            !leg->story->referred && !leg->story->disturbed && both_talk)
            world_.broken("an ACK without the answer that was due");
        return;
    }
    leg->streams = *std::exchange(leg->offered, std::nullopt);
    if (!read_answer(leg->streams, arrived.ack.body())) world_.broken("an ACK whose answer fits no offer");
    if (++leg->agreements == 1 && leg->took_over) takes_over(*leg);
}

// The caller's stream is gone: it hears nothing of the answer, but the phone stops ringing.
void Agent::on(sip::ServerFailed& failed) {
    for (const auto& incoming : incoming_)
        if (incoming->server == failed.id) decline(*incoming, 503);
    for (const auto& leg : legs_)
        if (leg->invite_in == failed.id) {
            leg->invite_in = {};
            answer(failed.id, 503);
        }
}

void Agent::on(sip::CancelArrived& arrived) {
    if (dead_) return;
    for (const auto& incoming : incoming_)
        if (incoming->server == arrived.invite) return decline(*incoming, 487);
    for (const auto& leg : legs_)
        if (leg->invite_in == arrived.invite) {
            leg->invite_in = {};
            return answer(arrived.invite, 487);
        }
}

}  // namespace sim
