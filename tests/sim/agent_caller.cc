// The caller's part: INVITE, its forks, the ACK, CANCEL, BYE (RFC 3261, 13.2 and 15).
#include <algorithm>

#include "base/number.hh"
#include "tests/sim/agent.hh"
#include "tests/sim/map.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

void Agent::call(Story& story) {
    if (dead_) return;
    story.begun = true;
    world_.tell("     story " + std::to_string(story.number) + ": " + home_.name + " calls " + story.uri);
    sip::Dialog dialog;
    dialog.call_id = home_.inside ? std::string(kInsideMark) + "-" + token(10) + "@" + std::string(kInsideDomain)
                                  : token(16) + "@" + home_.written.address.to_string();
    dialog.local_tag = token(10);
    const std::string domain = home_.inside           ? std::string(kInsideDomain)
                               : home_.domain.empty() ? base::host_text(home_.written.address)
                                                      : home_.domain;
    dialog.local_uri = "\"" + home_.name + "\" <sip:" + home_.name + "@" + domain + ">";
    dialog.remote_uri = "<" + story.uri + ">";
    dialog.remote_target = story.uri;
    auto message = dialog.make_request(Method::invite);
    message.set(HeaderName::contact, contact());
    message.set("Story-Number", std::to_string(story.number));
    message.set(HeaderName::allow, "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, MESSAGE, OPTIONS, REFER");
    if (story.plan.caller_reliable == Reliable::supported) message.add(HeaderName::supported, "100rel");
    if (story.plan.caller_reliable == Reliable::required) message.add(HeaderName::require, "100rel");
    if (story.plan.caller_timer) {
        static constexpr const char* kRefreshers[] = {"", ";refresher=uac", ";refresher=uas"};
        message.add(HeaderName::supported, "timer");
        message.set(HeaderName::session_expires, std::string("100") + kRefreshers[world_.below(3)]);
    }
    // Every fork continues with the streams of this one offer.
    auto& first = add_leg(&story, Who::caller);
    first.dialog = dialog;
    if (!story.plan.late_offer) {
        first.offered = new_streams();
        message.set_body(describe(first, *first.offered), "application/sdp");
    }
    const auto invite = std::make_shared<sip::Message>(message.clone());
    calls_out_[story.number] = request(std::move(message), [this, &story, invite](const sip::Message* heard) {
        caller_hears(story, *invite, heard);
    });
}

void Agent::caller_hears(Story& story, const sip::Message& invite, const sip::Message* heard) {
    if (!heard) {
        ++story.failures;
        for (auto* leg : story.legs)
            if (leg->agent == this && leg->state == Leg::State::early) leg->state = Leg::State::ended;
        return;
    }
    const int status = heard->status();
    if (status == 100) return;
    if (status < 200) {
        ++story.provisionals;
        if (heard->to_tag().empty()) return;
        auto& leg = fork_of(story, invite, *heard);
        note_fork(leg, *heard);
        return hear_provisional(leg, invite, *heard);
    }
    if (status < 300) return caller_answered(story, fork_of(story, invite, *heard), invite, *heard);
    ++story.finals;
    story.status = status;
    for (auto* leg : story.legs)
        if (leg->agent == this && leg->state == Leg::State::early) leg->state = Leg::State::ended;
}

void Agent::note_fork(Leg& leg, const sip::Message& response) {
    if (const auto fork = base::to_number<unsigned>(response.value("Fork-Number"))) leg.fork = *fork;
    const auto session = response.has_sdp() ? sdp::Session::parse(response.body(), {}) : base::Reason::bad_sdp;
    if (!session) return;
    for (const auto& media : session->media())
        for (const auto& end : {media.rtp(), media.rtcp})
            if (end) leg.gates.insert(*end);
}

// The leg of a To tag. The first takes the place of the one that had none.
Leg& Agent::fork_of(Story& story, const sip::Message& invite, const sip::Message& response) {
    Leg* fresh = nullptr;
    Leg* first = nullptr;
    for (auto* leg : story.legs) {
        if (leg->agent != this || leg->who != Who::caller) continue;
        if (!first) first = leg;
        if (leg->dialog.remote_tag == response.to_tag()) return *leg;
        if (leg->dialog.remote_tag.empty()) fresh = leg;
    }
    if (!fresh) {
        fresh = &add_leg(&story, Who::caller);
        fresh->style = first->style;
        fresh->told = first->told;
        if (!story.plan.late_offer) fresh->offered = first->offered ? first->offered : std::optional(first->streams);
    }
    if (const auto dialog = sip::Dialog::as_uac(invite, response)) fresh->dialog = *dialog;
    return *fresh;
}

void Agent::caller_answered(Story& story, Leg& leg, const sip::Message& invite, const sip::Message& response) {
    for (const auto& [cseq, bytes] : leg.acks)
        if (cseq == invite.cseq()) return transactions_.send_again(bytes, flow());
    ++story.finals;
    if (story.finals == 1) story.status = response.status();
    leg.dialog.confirm(response);
    leg.dialog.refresh_target(response);
    const bool won = story.finals == 1;
    leg.state = Leg::State::established;
    std::string body;
    if (story.plan.late_offer) {
        if (leg.streams.empty() == !response.has_sdp())
            world_.broken(leg.streams.empty() ? "an answer without the offer that was due" : "an offer that a PRACK has answered");
        if (leg.streams.empty()) body = answer_late(leg, response.body());
    } else if (response.has_sdp() && leg.offered) {
        leg.streams = *std::exchange(leg.offered, std::nullopt);
        if (!read_answer(leg.streams, response.body())) world_.broken("an answer that fits no offer of the caller");
    } else {
        world_.broken("an answer without a description");
    }
    ++leg.agreements;
    acknowledge(leg, invite.cseq(), body);
    for (auto* other_leg : story.legs)
        if (other_leg != &leg && other_leg->agent == this && other_leg->state == Leg::State::early)
            other_leg->state = Leg::State::ended;
    if (!won || story.cancelled) return bye(leg);
    answered(leg);
}

// Our answer to an offer that came in a response.
std::string Agent::answer_late(Leg& leg, std::string_view offer) {
    std::vector<Stream> streams;
    if (!read_offer(streams, offer, [](std::size_t) { return true; }, [&] { return take_port(leg.story); }))
        world_.broken("an offer that a caller cannot read");
    if (leg.story->plan.narrow)
        for (auto& stream : streams)
            if (stream.formats.contains("8")) stream.formats.erase("0");
    leg.streams = std::move(streams);
    return describe(leg, leg.streams);
}

void Agent::acknowledge(Leg& leg, std::uint32_t cseq, const std::string& body) {
    if (dead_) return;
    auto ack = leg.dialog.make_request(Method::ack, {}, cseq);
    if (!body.empty()) ack.set_body(body, "application/sdp");
    leg.acks.emplace_back(cseq, transactions_.send_ack(std::move(ack), flow(), home_.written.to_string()).bytes);
    settle();
}

void Agent::cancel(Story& story) {
    if (dead_ || story.over() || !story.begun) return;
    story.cancelled = true;
    world_.tell("     story " + std::to_string(story.number) + ": cancel");
    transactions_.cancel(calls_out_[story.number], world_.chance(0.5) ? "SIP;cause=487" : "", world_.now());
    settle();
}

void Agent::bye(Leg& leg) {
    if (dead_ || leg.state != Leg::State::established) return;
    leg.state = Leg::State::ended;
    leg.story->ended = world_.now();
    request(leg.dialog.make_request(Method::bye), [](const sip::Message*) {});
}

void Agent::answered(Leg& leg) {
    auto& story = *leg.story;
    const auto who = static_cast<std::size_t>(leg.who);
    if (leg.who == Who::caller) story.answered = world_.now();
    if (!story.talking[who]) story.talking[who] = &leg;
    else story.plan.two_answers = true;   // a target that was left behind as silent answers after all
    for (const auto& step : story.plan.steps)
        if (step.who == leg.who) world_.after(step.after, [this, &leg, act = step.act] { perform(leg, act); });
    const bool ends = leg.who == Who::caller ? story.plan.caller_ends : story.plan.callee_ends;
    if (ends && story.plan.talk > Duration{0}) world_.after(story.plan.talk, [this, &leg] { bye(leg); });
}

}  // namespace sim
