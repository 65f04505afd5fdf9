// What an agent does beside calls: requests without a dialog, REGISTER on both sides, subscriptions.
#include <algorithm>

#include "base/number.hh"
#include "sip/name_addr.hh"
#include "tests/sim/agent.hh"
#include "tests/sim/map.hh"

namespace sim {

using sip::HeaderName;
using sip::Method;

void Agent::request_outside(sip::RequestArrived& arrived) {
    switch (arrived.request.method()) {
        case Method::invite: return call_arrives(arrived);
        case Method::register_: return registration_arrives(arrived);
        case Method::subscribe: return subscription_arrives(arrived);
        default: return answer(arrived.id, 200);
    }
}

void Agent::send_request(Method method, const std::string& user, Answered answered) {
    sip::Dialog dialog;
    dialog.call_id = (home_.inside ? std::string(kInsideMark) : "") + token(12);
    dialog.local_tag = token(8);
    dialog.local_uri = "<sip:" + home_.name + "@" + (home_.inside ? std::string(kInsideDomain) : "phones.example") + ">";
    dialog.remote_target = "sip:" + user + "@" + home_.gate.to_string();
    dialog.remote_uri = "<" + dialog.remote_target + ">";
    auto message = dialog.make_request(method);
    if (method == Method::message) {
        const std::string text = home_.inside ? "I sit at " + home_.written.address.to_string() + "\r\n" : "hello\r\n";
        message.set_body(text, "text/plain");
    }
    request(std::move(message), std::move(answered));
}

void Agent::register_at(unsigned seconds, bool challenge_expected, Answered answered) {
    if (register_call_id_.empty()) register_call_id_ = token(12);
    sip::Dialog dialog;
    dialog.call_id = register_call_id_;
    dialog.local_tag = token(8);
    dialog.local_uri = dialog.remote_uri = "<sip:" + home_.name + "@phones.example>";
    dialog.remote_target = "sip:" + home_.gate.to_string();
    dialog.local_cseq = register_cseq_++;
    auto message = dialog.make_request(Method::register_);
    message.set(HeaderName::contact, contact() + ";expires=" + std::to_string(seconds));
    if (challenge_expected)
        message.set(HeaderName::authorization, "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"0\"");
    request(std::move(message), [this, seconds, answered = std::move(answered)](const sip::Message* response) {
        if (response && response->status() < 200) return;
        if (response && response->status() == 401) return register_at(seconds, true, answered);
        const auto mine = [&](std::string_view item) {
            const auto heard = sip::NameAddr::parse(item), own = sip::NameAddr::parse(contact());
            return heard && own && heard->uri.to_string() == own->uri.to_string();
        };
        if (response && response->status() == 200 && seconds &&
            std::ranges::none_of(response->items(HeaderName::contact), mine))
            world_.broken("a registration without our own Contact: " + std::string(response->value(HeaderName::contact)));
        answered(response);
    });
}

void Agent::registration_arrives(sip::RequestArrived& arrived) {
    if (world_.chance(0.3) && !arrived.request.has(HeaderName::authorization)) {
        auto challenge = response(arrived.id, 401, token(8));
        challenge.set(HeaderName::www_authenticate, "Digest realm=\"r\", nonce=\"n\"");
        challenge.remove(HeaderName::contact);
        return respond(arrived.id, std::move(challenge));
    }
    const auto to = sip::NameAddr::parse(arrived.request.value(HeaderName::to));
    const auto contact = sip::NameAddr::parse(arrived.request.value(HeaderName::contact));
    if (!to || !contact) return answer(arrived.id, 400);
    const auto text = contact->parameter("expires");
    const auto seconds = base::to_number<unsigned>(text.value_or("3600")).value_or(3600);
    auto message = response(arrived.id, 200, token(8));
    message.remove(HeaderName::contact);
    if (seconds) {
        bindings_[to->uri.user] = {contact->uri.to_string(), world_.now() + std::chrono::seconds(seconds)};
        message.add(HeaderName::contact, "<" + contact->uri.to_string() + ">;expires=" + std::to_string(seconds));
        if (world_.chance(0.3)) message.add(HeaderName::contact, "<sip:desk@198.51.100.77>;expires=60");
        if (world_.chance(0.3)) message.add("Service-Route", "<sip:198.51.100.10;lr>");
    } else {
        const auto bound = bindings_.find(to->uri.user);   // a phone that is gone takes no newer binding with it
        if (bound != bindings_.end() && bound->second.contact == contact->uri.to_string()) bindings_.erase(bound);
    }
    respond(arrived.id, std::move(message));
}

std::string Agent::registered(const std::string& user) const {
    const auto found = bindings_.find(user);
    return found == bindings_.end() || found->second.expires <= world_.now() ? std::string() : found->second.contact;
}

void Agent::subscribe(const std::string& user, unsigned seconds) {
    if (dead_) return;
    auto& subscription = *subscriptions_.emplace_back(std::make_unique<Subscription>());
    auto& dialog = subscription.dialog;
    dialog.call_id = (home_.inside ? std::string(kInsideMark) : "") + token(12);
    dialog.local_tag = token(8);
    dialog.local_uri = "<sip:" + home_.name + "@phones.example>";
    dialog.remote_target = "sip:" + user + "@" + home_.gate.to_string();
    dialog.remote_uri = "<" + dialog.remote_target + ">";
    auto message = dialog.make_request(Method::subscribe);
    message.set(HeaderName::contact, contact());
    message.set(HeaderName::event, "presence");
    message.set(HeaderName::expires, std::to_string(seconds));
    const auto sent = std::make_shared<sip::Message>(message.clone());
    request(std::move(message), [this, &subscription, sent](const sip::Message* response) {
        if (!response || response->status() >= 300) {
            subscription.over = true;
            return;
        }
        if (response->status() < 200 || !subscription.dialog.remote_tag.empty()) return;
        if (const auto made = sip::Dialog::as_uac(*sent, *response)) subscription.dialog = *made;
        if (!world_.chance(0.5)) return;
        world_.after(world_.between(Duration{1000000}, Duration{9000000}), [this, &subscription] {
            if (dead_ || subscription.over) return;
            auto refresh = subscription.dialog.make_request(Method::subscribe);
            refresh.set(HeaderName::contact, contact());
            refresh.set(HeaderName::event, "presence");
            refresh.set(HeaderName::expires, world_.chance(0.5) ? "0" : "20");
            request(std::move(refresh), [](const sip::Message*) {});
        });
    });
}

void Agent::notify(Subscription& subscription, const std::string& state) {
    if (dead_ || subscription.over) return;
    auto message = subscription.dialog.make_request(Method::notify);
    message.set(HeaderName::contact, contact());
    message.set(HeaderName::event, "presence");
    message.set(HeaderName::subscription_state, state);
    if (home_.inside)
        message.set_body("<presence entity=\"sip:bob@" + base::host_text(home_.written.address) + "\"/>\r\n",
                         "application/pidf+xml");
    if (state.starts_with("terminated")) subscription.over = true;
    request(std::move(message), [](const sip::Message*) {});
}

void Agent::subscription_arrives(sip::RequestArrived& arrived) {
    auto made = sip::Dialog::as_uas(arrived.request, token(10));
    if (!made) return answer(arrived.id, 400);
    auto& subscription = *subscriptions_.emplace_back(std::make_unique<Subscription>());
    subscription.dialog = *made;
    subscription.notifier = true;
    const auto seconds = base::to_number<unsigned>(arrived.request.value(HeaderName::expires)).value_or(60);
    auto message = response(arrived.id, 200, subscription.dialog.local_tag);
    message.set(HeaderName::expires, std::to_string(seconds));
    if (world_.chance(0.3)) notify(subscription, "active");   // before the 200: RFC 6665, 4.1.2.4
    respond(arrived.id, std::move(message));
    world_.after(Duration{20000}, [this, &subscription] { notify(subscription, "active"); });
    world_.after(std::chrono::seconds(seconds), [this, &subscription] { notify(subscription, "terminated;reason=timeout"); });
}

bool Agent::subscription_within(sip::RequestArrived& arrived) {
    for (const auto& subscription : subscriptions_) {
        auto& dialog = subscription->dialog;
        if (dialog.local_tag != arrived.request.to_tag()) continue;
        if (!dialog.remote_tag.empty() && dialog.remote_tag != arrived.request.from_tag()) continue;
        answer(arrived.id, subscription->over ? 481 : 200, dialog.local_tag);
        if (subscription->over) return true;
        const auto state = arrived.request.value(HeaderName::subscription_state);
        if (state.starts_with("terminated")) subscription->over = true;
        if (subscription->notifier && arrived.request.value(HeaderName::expires) == "0")
            notify(*subscription, "terminated;reason=timeout");
        return true;
    }
    return false;
}

std::size_t Agent::living_subscriptions() const {
    return static_cast<std::size_t>(std::ranges::count_if(subscriptions_, [](const auto& s) { return !s->over; }));
}

}  // namespace sim
