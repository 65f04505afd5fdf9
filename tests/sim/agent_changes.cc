// What happens within a call: new offers from either side and at once (RFC 3261, 14; RFC 3311), requests that carry
// something else, the end.
#include <algorithm>

#include "tests/sim/agent.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

void Agent::perform(Leg& leg, Act act) {
    if (dead_ || leg.state != Leg::State::established || leg.unacknowledged) return;
    const auto plain = [&](Method method) {
        auto message = leg.dialog.make_request(method);
        if (method == Method::info || method == Method::message) message.set_body("Signal=5\r\n", "application/dtmf-relay");
        request(std::move(message), [](const sip::Message*) {});
    };
    switch (act) {
        case Act::info: return plain(Method::info);
        case Act::message: return plain(Method::message);
        case Act::options: return plain(Method::options);
        case Act::refer: return refer(leg);
        default: break;
    }
    if (leg.offered || leg.invite_out.value || leg.invite_in.value || leg.streams.empty()) return;
    auto offer = leg.streams;
    const auto turn = [&](sdp::Direction direction) {
        for (auto& stream : offer) stream.direction = direction;
    };
    switch (act) {
        case Act::empty_reinvite: return reinvite(leg, std::nullopt, false);
        case Act::hold: turn(world_.chance(0.5) ? sdp::Direction::sendonly : sdp::Direction::inactive); break;
        case Act::resume: turn(sdp::Direction::sendrecv); break;
        case Act::move:
            for (auto& stream : offer) stream.port = 0;   // describe() takes new ones
            break;
        case Act::add_line:
            if (offer.size() > 4) return;
            offer.emplace_back();
            break;
        case Act::drop_line:
            if (offer.size() < 2) return;
            offer.back().active = false;
            break;
        default: break;
    }
    if (act == Act::update) return update(leg, std::move(offer));
    reinvite(leg, std::move(offer), act == Act::cancelled_reinvite);
}

void Agent::reinvite(Leg& leg, std::optional<std::vector<Stream>> offer, bool cancelled) {
    auto message = leg.dialog.make_request(Method::invite);
    const auto cseq = message.cseq();
    message.set(HeaderName::contact, contact());
    const bool late = !offer.has_value();
    if (offer) {
        leg.offered = std::move(offer);
        message.set_body(describe(leg, *leg.offered), "application/sdp");
    }
    const auto id = std::make_shared<sip::ClientId>();
    *id = request(std::move(message), [this, &leg, id, cseq, late](const sip::Message* response) {
        if (response && response->status() < 200) return;
        const bool current = leg.invite_out == *id;
        if (current) leg.invite_out = {};
        if (!response || response->status() >= 300) {
            if (!current) return;
            leg.offered.reset();
            const int status = response ? response->status() : 408;
            if (status == 408 || status == 481) bye(leg);
            return;
        }
        for (const auto& [number, bytes] : leg.acks)
            if (number == cseq) {
                transactions_.send_again(bytes, flow());
                return settle();
            }
        leg.dialog.refresh_target(*response);
        if (current) return offer_answered(leg, *response, late);
        acknowledge(leg, cseq, {});
    });
    leg.invite_out = *id;
    if (cancelled)
        world_.after(world_.between(Duration{0}, Duration{50000}), [this, id] {
            if (dead_) return;
            transactions_.cancel(*id, {}, world_.now());
            settle();
        });
}

// A 2xx to our re-INVITE: with the answer, or with an offer where we had none.
void Agent::offer_answered(Leg& leg, const sip::Message& response, bool late) {
    std::string body;
    if (!response.has_sdp()) {
        world_.broken("a 2xx to a re-INVITE without a description");
        leg.offered.reset();
    } else if (late) {
        auto streams = leg.streams;
        if (!read_offer(streams, response.body(), [](std::size_t) { return true; }, [&] { return take_port(leg.story); }) &&
            !leg.story->torn)   // else it may be another's who was to take over
            world_.broken("a late offer that the asker cannot read");
        leg.streams = std::move(streams);
        body = describe(leg, leg.streams);
    } else if (leg.offered) {
        leg.streams = *std::exchange(leg.offered, std::nullopt);
        if (!read_answer(leg.streams, response.body()) && !leg.story->torn)
            world_.broken("an answer that fits no offer of a re-INVITE");
    }
    ++leg.agreements;
    acknowledge(leg, response.cseq(), body);
}

void Agent::update(Leg& leg, std::vector<Stream> offer) {
    auto message = leg.dialog.make_request(Method::update);
    message.set(HeaderName::contact, contact());
    leg.offered = std::move(offer);
    message.set_body(describe(leg, *leg.offered), "application/sdp");
    request(std::move(message), [this, &leg](const sip::Message* response) {
        if (!leg.offered || (response && response->status() < 200)) return;
        auto offered = *std::exchange(leg.offered, std::nullopt);
        if (!response || response->status() >= 300) {
            if (!response || response->status() == 481) bye(leg);
            return;
        }
        leg.streams = std::move(offered);
        if (!read_answer(leg.streams, response->body())) world_.broken("an answer that fits no UPDATE");
        ++leg.agreements;
    });
}

void Agent::request_within(Leg& leg, sip::RequestArrived& arrived) {
    const auto tag = leg.dialog.local_tag;
    if (!leg.dialog.accept_cseq(arrived.request)) return answer(arrived.id, 500, tag);
    const auto method = arrived.request.method();
    if (method == Method::bye) {
        answer(arrived.id, 200, tag);
        return end(leg);
    }
    if (method == Method::prack) return prack_arrives(leg, arrived);
    if (leg.state == Leg::State::ended) return answer(arrived.id, 481, tag);
    if (method == Method::invite || method == Method::update) return offer_within(leg, arrived);
    if (method == Method::notify) referral_told(leg, arrived.request);
    answer(arrived.id, method == Method::refer ? 202 : 200, tag);
    if (method != Method::refer) return;
    auto notify = leg.dialog.make_request(Method::notify);
    notify.set(HeaderName::contact, contact());
    notify.set(HeaderName::event, "refer");
    notify.set(HeaderName::subscription_state, "terminated;reason=noresource");
    notify.set_body("SIP/2.0 503 Service Unavailable\r\n", "message/sipfrag");
    request(std::move(notify), [](const sip::Message*) {});
}

void Agent::end(Leg& leg) {
    leg.story->ended = world_.now();
    leg.state = Leg::State::ended;
    leg.unacknowledged.reset();
    if (leg.invite_in.value) answer(std::exchange(leg.invite_in, {}), 487, leg.dialog.local_tag);
    for (const auto& incoming : incoming_)
        if (!incoming->over && std::ranges::find(incoming->legs, &leg) != incoming->legs.end()) decline(*incoming, 487);
}

void Agent::offer_within(Leg& leg, sip::RequestArrived& arrived) {
    const auto tag = leg.dialog.local_tag;
    const bool invite = arrived.request.method() == Method::invite;
    if (!invite && !arrived.request.has_sdp()) return answer(arrived.id, 200, tag);   // a refresh of the session
    if (leg.invite_out.value && invite) return answer(arrived.id, 491, tag);
    if (leg.offered || (leg.unacknowledged && invite)) return answer(arrived.id, 491, tag);
    if (leg.invite_in.value) return answer(arrived.id, 500, tag);
    leg.dialog.refresh_target(arrived.request);
    if (world_.chance(0.1)) return answer(arrived.id, 488, tag);
    if (!invite) return accept_offer(leg, arrived.id, arrived.request);
    leg.invite_in = arrived.id;
    const auto request = std::make_shared<sip::Message>(arrived.request.clone());
    const auto delay = world_.chance(0.5) ? Duration{0} : world_.between(Duration{0}, Duration{200000});
    world_.after(delay, [this, &leg, id = arrived.id, request] {
        if (dead_ || leg.invite_in != id) return;
        leg.invite_in = {};
        accept_offer(leg, id, *request);
    });
}

void Agent::accept_offer(Leg& leg, sip::ServerId server, const sip::Message& request) {
    auto message = response(server, 200, leg.dialog.local_tag);
    if (request.has_sdp()) {
        auto streams = leg.streams;
        const bool again = repeats(leg.streams, request.body());   // what stands, stands
        const auto accepts = [&](std::size_t i) {
            return again || i == 0 || world_.chance(0.8);
        };
        if (!read_offer(streams, request.body(), accepts,
                        [&] { return take_port(leg.story); })) {
            world_.broken("a new offer that cannot be read");
            return answer(server, 488, leg.dialog.local_tag);
        }
        leg.streams = std::move(streams);
        message.set_body(describe(leg, leg.streams), "application/sdp");
        ++leg.agreements;
    } else {
        leg.offered = leg.streams;
        message.set_body(describe(leg, *leg.offered), "application/sdp");
    }
    if (request.method() == Method::invite) send_answer(leg, server, std::move(message));
    else respond(server, std::move(message));
}

}  // namespace sim
