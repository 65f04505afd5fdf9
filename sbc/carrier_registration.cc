#include "sbc/carrier_registration.hh"

#include <algorithm>

#include "base/log.hh"
#include "base/number.hh"
#include "policy/rules.hh"
#include "sbc/context.hh"
#include "sbc/large_request.hh"
#include "sbc/relay_request.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using std::chrono::seconds;

constexpr base::Duration kLongestPause = std::chrono::minutes(30);   // RFC 5626, 4.5: max-time
constexpr base::Duration kLongestWish = std::chrono::hours(24);      // what a registrar may ask of us
constexpr base::Duration kUnresolved = seconds(2);

std::string seconds_text(base::Duration duration) { return std::to_string(duration / seconds(1)); }

base::Duration seconds_of(std::string_view text) {
    return seconds(base::to_number<std::uint32_t>(text.substr(0, text.find_first_of(" ;("))).value_or(0));
}

bool is_ours(const Context& context, const std::string& peer) {
    return policy::hash_more(policy::kHashStart, peer) % context.workers == context.worker.value;
}

std::optional<base::PeerId> peer_named(const policy::Snapshot& policy, std::string_view name) {
    const auto found = std::ranges::find(policy.peers, name, &policy::Peer::name);
    if (found == policy.peers.end()) return std::nullopt;
    return base::PeerId{static_cast<std::uint16_t>(found - policy.peers.begin())};
}

void wake_after(Context& context, CarrierRegistration& carrier, base::Duration pause) {
    context.timers.cancel(carrier.timer);
    carrier.timer = context.timers.arm(context.now + pause, {Alarm::Kind::carrier, carrier.number, 0});
}

void forget(Context& context, CarrierRegistration& carrier) {
    context.timers.cancel(carrier.timer);
    context.carriers.erase(carrier.number);
}

void send(Context& context, CarrierRegistration& carrier, sip::Message request) {
    carrier.cseq = request.cseq();
    carrier.client = send_request_to(context, *carrier.to, carrier.to->flow, std::move(request));
    context.clients[carrier.client] = {Owner::Kind::carrier, carrier.number};
}

void ask(Context& context, CarrierRegistration& carrier, base::Duration expires) {
    sip::Dialog dialog;   // not one, but it has the same fields (10.2)
    dialog.call_id = carrier.call_id;
    dialog.local_tag = carrier.tag;
    dialog.local_uri = dialog.remote_uri = "<" + carrier.aor + ">";
    dialog.local_cseq = carrier.cseq;
    dialog.remote_target = carrier.uri;
    auto request = dialog.make_request(sip::Method::register_);
    request.set(HeaderName::contact, carrier.to->contact + ";expires=" + seconds_text(expires));
    request.set(HeaderName::expires, seconds_text(expires));
    if (carrier.to->headers) policy::apply(*carrier.to->headers, request);
    carrier.login_attempt = begin_attempt(context, carrier.login, carrier.peer, request);
    send(context, carrier, std::move(request));
}

// RFC 5626, 4.5: twice as long after each failure, at random between half and all of that.
base::Duration pause_after(Context& context, const CarrierRegistration& carrier) {
    auto longest = carrier.login->interval;
    for (unsigned i = 1; i < carrier.failures && longest < kLongestPause; ++i) longest *= 2;
    longest = std::max(carrier.login->interval, std::min(longest, kLongestPause));
    const auto half = static_cast<std::uint64_t>(longest.count() / 2);
    return base::Duration(half + context.entropy.below(half + 1));
}

void note_failure(Context& context, CarrierRegistration& carrier, std::string why, base::Duration retry_after) {
    ++carrier.failures;
    carrier.last_failure = std::move(why);
    const auto pause = std::max(pause_after(context, carrier), std::min(retry_after, kLongestWish));
    base::log::warning("carrier_registration_failed", base::log::Fields("peer", carrier.peer)("why", carrier.last_failure)(
                                                          "again_s", seconds_text(pause)));
    wake_after(context, carrier, pause);
}

// Our Contact's own time, else that of the whole answer, else what we asked for.
base::Duration granted(const CarrierRegistration& carrier, const sip::Message& response) {
    for (const auto item : response.items(HeaderName::contact)) {
        const auto contact = sip::NameAddr::parse(item);
        if (!contact || contact->uri.user != carrier.contact_user ||
            contact->uri.host_address() != carrier.to->ours.address)
            continue;
        if (const auto expires = contact->parameter("expires")) return seconds_of(*expires);
    }
    const auto expires = response.value(HeaderName::expires);
    return expires.empty() ? carrier.asked : seconds_of(expires);
}

void registered(Context& context, CarrierRegistration& carrier, const sip::Message& response) {
    const auto time = std::min(granted(carrier, response), kLongestWish);
    if (time < seconds(1)) return note_failure(context, carrier, "the registrar keeps no binding", {});
    if (!carrier.until || carrier.failures)
        base::log::info("carrier_registered", base::log::Fields("peer", carrier.peer)("aor", carrier.aor)(
                                                  "contact", carrier.to->contact)("expires_s", seconds_text(time)));
    carrier.until = context.now + time;
    carrier.failures = 0;
    carrier.last_failure.clear();
    wake_after(context, carrier, time * (800 + context.entropy.below(101)) / 1000);
}

// False: an attempt more would change nothing (10.3, 7).
bool ask_for_longer(Context& context, CarrierRegistration& carrier, const sip::Message& response) {
    const auto least = seconds_of(response.value(HeaderName::min_expires));
    if (carrier.longer || least <= carrier.asked || least > kLongestWish) return false;
    carrier.longer = true;
    carrier.asked = least;
    ask(context, carrier, least);
    return true;
}

void leave(Context& context, CarrierRegistration& carrier) {
    carrier.leaving = true;
    context.timers.cancel(carrier.timer);
    if (carrier.client.value) return;   // its answer first: REGISTERs may not overtake each other (10.2.4)
    if (!carrier.until || *carrier.until <= context.now) return forget(context, carrier);
    ask(context, carrier, base::Duration{0});
}

// The answer to what is under way; null where it belongs to nobody.
CarrierRegistration* take_answer(Context& context, std::uint64_t number) {
    const auto found = context.carriers.find(number);
    if (found == context.carriers.end()) return nullptr;
    context.clients.erase(found->second.client);
    found->second.client = {};
    return &found->second;
}

std::string aor_of(const policy::Peer& peer) {
    return peer.login->aor.empty() ? "sip:" + peer.login->user + "@" + peer.host : peer.login->aor;
}

std::string contact_user_of(const policy::PeerLogin& login) {
    return login.contact_user.empty() ? login.user : login.contact_user;
}

void begin(Context& context, const policy::Peer& peer) {
    CarrierRegistration carrier;
    carrier.number = ++context.last_number;
    carrier.peer = peer.name;
    carrier.login = peer.login;
    carrier.uri = uri_at_peer(peer, {});
    carrier.aor = aor_of(peer);
    carrier.contact_user = contact_user_of(*peer.login);
    carrier.asked = peer.login->expires;
    carrier.call_id = context.token() + context.entropy.token(8);
    carrier.tag = context.token();
    const auto number = carrier.number;
    context.carriers.emplace(number, std::move(carrier));
    carrier_is_due(context, number);
}

// The same binding at the same registrar: it lives on, under what is new of the account.
bool goes_on(Context& context, CarrierRegistration& carrier) {
    const auto id = peer_named(*context.policy, carrier.peer);
    if (!id) return false;
    const auto& peer = context.policy->peer(*id);
    const bool same = peer.login && peer.login->registers && uri_at_peer(peer, {}) == carrier.uri &&
                      aor_of(peer) == carrier.aor && contact_user_of(*peer.login) == carrier.contact_user;
    if (!same || *peer.login == *carrier.login) return same;
    carrier.login = peer.login;
    carrier.asked = peer.login->expires;
    context.challenges.erase(carrier.peer);
    if (!carrier.client.value) wake_after(context, carrier, base::Duration{0});
    return true;
}

}  // namespace

void settle_carriers(Context& context) {
    std::vector<std::string> kept;
    std::vector<std::uint64_t> over;
    for (auto& [number, carrier] : context.carriers) {
        if (carrier.leaving) continue;
        if (goes_on(context, carrier)) kept.push_back(carrier.peer);
        else over.push_back(number);
    }
    for (const auto number : over) leave(context, context.carriers.at(number));
    for (const auto& peer : context.policy->peers)
        if (peer.login && peer.login->registers && is_ours(context, peer.name) && std::ranges::find(kept, peer.name) == kept.end())
            begin(context, peer);
}

void carrier_is_due(Context& context, std::uint64_t number) {
    const auto found = context.carriers.find(number);
    if (found == context.carriers.end() || found->second.client.value) return;
    auto& carrier = found->second;
    const auto id = peer_named(*context.policy, carrier.peer);
    const auto ways = id ? attempts(context, {*id}, false) : std::vector<Attempt>{};
    auto to = ways.empty() ? std::nullopt : context.party_of(*id, ways.front().target, nullptr);
    if (!to) {
        carrier.last_failure = "its name has no address yet";
        return wake_after(context, carrier, kUnresolved);
    }
    context.introduce(*to, carrier.contact_user);
    carrier.to = std::move(to);
    carrier.longer = false;
    ask(context, carrier, carrier.asked);
}

void carrier_answered(Context& context, std::uint64_t number, sip::Message response) {
    if (response.status() < 200) return;
    auto* carrier = take_answer(context, number);
    if (!carrier) return;
    target_responded(context, *carrier->to, response);
    if (answer_challenge(context, *carrier->login_attempt, carrier->cseq + 1, response))
        return send(context, *carrier, carrier->login_attempt->request.clone());
    if (carrier->leaving) {
        const bool ended = carrier->login_attempt->request.value(HeaderName::expires) == "0";
        if (!ended && response.status() / 100 == 2) carrier->until = context.now + carrier->asked;
        return ended ? forget(context, *carrier) : leave(context, *carrier);
    }
    if (response.status() / 100 == 2) return registered(context, *carrier, response);
    if (response.status() == 423 && ask_for_longer(context, *carrier, response)) return;
    note_failure(context, *carrier, std::to_string(response.status()) + " " + std::string(response.reason_phrase()),
                 seconds_of(response.value(HeaderName::retry_after)));
}

void carrier_failed(Context& context, std::uint64_t number, base::Reason why) {
    auto* carrier = take_answer(context, number);
    if (!carrier) return;
    if (carrier->leaving) return forget(context, *carrier);
    target_failed(context, *carrier->to, why);   // the next REGISTER goes to the next target
    note_failure(context, *carrier, std::string(base::text_of(why)), {});
}

void leave_carriers(Context& context) {
    std::vector<std::uint64_t> all;
    for (const auto& [number, carrier] : context.carriers)
        if (!carrier.leaving) all.push_back(number);
    for (const auto number : all) leave(context, context.carriers.at(number));
}

}  // namespace sbc
