#include "cli/rehearsal.hh"

#include <algorithm>
#include <set>

#include "base/entropy.hh"
#include "sbc/b2bua.hh"
#include "sip/name_addr.hh"

namespace cli {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr base::Duration kBeginnings = std::chrono::seconds(3);  // in which it registers where it must
constexpr base::Duration kPatience = std::chrono::seconds(64);   // for each target: longer than timer B

sip::Message good_answer(const sip::Message& request) {
    auto response = sip::Message::response(200);
    for (const auto via : request.items(HeaderName::via)) response.add(HeaderName::via, via);
    response.add(HeaderName::from, request.value(HeaderName::from));
    response.add(HeaderName::to, std::string(request.value(HeaderName::to)) + ";tag=peer");
    response.add(HeaderName::call_id, request.call_id());
    response.add(HeaderName::cseq, request.value(HeaderName::cseq));
    return response;
}

std::string user_of(std::string_view name_addr) {
    const auto parsed = sip::NameAddr::parse(name_addr);
    return parsed ? parsed->uri.user : std::string();
}

bool is_probe(const sip::Message& message) {
    return message.is_request() && message.method() == Method::options && user_of(message.value(HeaderName::from)).empty();
}

// The stage: the B2BUA, and everything around it that does what it is asked for.
class Stage {
 public:
    explicit Stage(const policy::SnapshotPtr& snapshot) : b2bua_({{}, 1, &entropy_, &relay_}, snapshot, now_) {
        for (std::size_t i = 0; i < snapshot->peers.size(); ++i) {
            const base::PeerId peer{static_cast<std::uint16_t>(i)};
            if (snapshot->peers[i].address) continue;
            const auto at = whereabouts(*snapshot, peer);
            b2bua_.on_located(peer, {{0, 0, at.transport, snapshot->peers[i].host, at.remote.port, {at.remote.address}}}, now_);
        }
        carry_out();
        pass(kBeginnings);
        for (const auto& one : std::exchange(sent, {})) own_.emplace(one.message.call_id());
    }

    void give(sip::Message message, const base::Flow& flow) {
        b2bua_.on_message(std::move(message), flow, now_);
        carry_out();
    }
    // Time passes until something new was sent, or patience ends.
    void wait() { pass(kPatience); }

    struct Sent {
        base::Flow flow;
        sip::Message message;
        std::string bytes;
    };
    std::vector<Sent> sent;               // but 100, probes, and what is only repeated

 private:
    void pass(base::Duration patience) {
        const auto before = sent.size();
        for (const auto end = now_ + patience; sent.size() == before && b2bua_.next_deadline() <= end;) {
            now_ = std::max(now_, b2bua_.next_deadline());
            b2bua_.advance(now_);
            carry_out();
        }
    }
    void carry_out() {
        for (auto effects = b2bua_.take_effects(); !effects.empty(); effects = b2bua_.take_effects())
            for (const auto& effect : effects) std::visit([this](const auto& e) { carry_out(e); }, effect);
    }
    void carry_out(const sbc::ChangePinholes& change) {
        if (change.token.value) b2bua_.on_pinholes(change.token, std::nullopt, now_);
    }
    void carry_out(const sbc::WriteRecord&) {}
    void carry_out(const sbc::DialogQuestion&) {}   // there is but one worker
    void carry_out(const sbc::PhoneQuestion&) {}
    void carry_out(const sbc::RegistrarNews&) {}
    void carry_out(const sbc::Journal&) {}
    void carry_out(const sip::Send& send) {
        auto message = sip::Message::parse(*send.bytes);
        if (!message || message->status() == 100 || own_.contains(std::string(message->call_id()))) return;
        if (is_probe(*message)) return b2bua_.on_message(good_answer(*message), send.flow, now_);
        if (std::ranges::none_of(sent, [&](const Sent& before) { return before.bytes == *send.bytes; }))
            sent.push_back({send.flow, std::move(*message), *send.bytes});
    }

    std::set<std::string> own_;           // Call-IDs of what the B2BUA asks unasked: its registrations with carriers
    base::SeededEntropy entropy_{1};
    media::Relay relay_;
    base::Time now_{std::chrono::seconds(1000)};
    sbc::B2bua b2bua_;
};

sip::Message registration(const sip::Uri& contact) {
    const std::string aor = "<sip:" + contact.user + "@registrar.invalid>";
    auto message = sip::Message::request("REGISTER", "sip:registrar.invalid");
    message.add(HeaderName::via, "SIP/2.0/UDP " + base::host_text(*contact.host_address()) + ";branch=z9hG4bKrehearsal;rport");
    message.add(HeaderName::max_forwards, "70");
    message.add(HeaderName::from, aor + ";tag=rehearsal");
    message.add(HeaderName::to, aor);
    message.add(HeaderName::call_id, "rehearsal");
    message.add(HeaderName::cseq, "1 REGISTER");
    message.add(HeaderName::contact, "<" + contact.to_string() + ">;expires=3600");
    return message;
}

// The user part that the registrar was given for the phone; empty: no zone lets it register.
std::string register_phone(Stage& stage, const policy::Snapshot& snapshot, std::string_view contact) {
    const auto uri = sip::Uri::parse(contact);
    if (!uri || !uri->host_address()) return {};
    const auto transport = uri->transport().value_or(base::Transport::udp);
    const base::Endpoint source{*uri->host_address(), uri->port ? uri->port : base::default_port(transport)};
    for (std::size_t z = 0; z < snapshot.zones.size(); ++z) {
        const auto flow = arrival(snapshot, {static_cast<std::uint16_t>(z)}, transport, source);
        if (!flow || snapshot.zones[z].trusted) continue;
        stage.give(registration(*uri), *flow);
        const auto sent = std::exchange(stage.sent, {});
        if (sent.empty() || !sent.front().message.is_request()) continue;
        const auto& request = sent.front().message;
        auto answer = good_answer(request);
        answer.add(HeaderName::contact, std::string(request.value(HeaderName::contact)));
        stage.give(std::move(answer), sent.front().flow);
        stage.sent.clear();
        return user_of(request.value(HeaderName::contact));
    }
    return {};
}

}  // namespace

std::optional<base::Flow> arrival(const policy::Snapshot& snapshot, base::ZoneId zone, base::Transport transport,
                                  const base::Endpoint& source) {
    for (const auto& listener : snapshot.listeners) {
        if (snapshot.zone_of(listener.id) != zone || listener.transport != transport) continue;
        if (listener.local.address.is_v4() != source.address.is_v4()) continue;
        base::Flow flow{listener.id, transport, listener.local, source, {}};
        if (base::is_reliable(transport)) flow.connection = {1};
        return flow;
    }
    return std::nullopt;
}

sip::Target whereabouts(const policy::Snapshot& snapshot, base::PeerId id) {
    const auto& peer = snapshot.peer(id);
    sip::Target at{{peer.address.value_or(base::Address{}), peer.port}, peer.transport};
    if (peer.address) return at;
    const auto ways = snapshot.destination_of(peer).ways;
    if (!peer.transport_is_said() && !ways.empty()) {
        at.transport = ways.front().transport;
        at.remote.port = base::default_port(at.transport);
    }
    const bool v4 = snapshot.listener_for(peer.zone, at.transport, true) != nullptr;
    const std::string number = std::to_string(id.value % 250 + 1);
    at.remote.address = *base::Address::parse(v4 ? "192.0.2." + number : "2001:db8:ffff::" + number);
    return at;
}

std::optional<Rehearsal> rehearse(const policy::SnapshotPtr& snapshot, const Scene& scene, sip::Message& message) {
    Stage stage(snapshot);
    if (!scene.registered.empty()) {
        const auto user = register_phone(stage, *snapshot, scene.registered);
        if (user.empty()) return std::nullopt;
        message.set_request_uri("sip:" + user + "@" + scene.flow.local.to_string());
    }
    Rehearsal rehearsal;
    stage.give(message.clone(), scene.flow);
    for (std::size_t seen = 0; seen < stage.sent.size(); stage.wait()) {
        for (; seen < stage.sent.size(); ++seen) {
            auto& [flow, sent, bytes] = stage.sent[seen];
            if (sent.is_request() && sent.method() == message.method()) rehearsal.sent.push_back({flow, bytes});
            else if (!sent.is_request() && sent.status() >= 200 && !rehearsal.answer && rehearsal.sent.empty())
                rehearsal.answer = std::move(sent);
        }
    }
    return rehearsal;
}

}  // namespace cli
