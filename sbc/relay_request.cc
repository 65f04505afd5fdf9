// Owns: RFC 3261, 11 (OPTIONS to ourselves), 16 as a B2BUA relays what has no dialog, RFC 3428.
#include "sbc/relay_request.hh"

#include <algorithm>
#include <utility>

#include "base/log.hh"
#include "sbc/crossing.hh"
#include "sbc/emergency.hh"
#include "sbc/large_request.hh"
#include "sbc/privacy.hh"
#include "sbc/registration_refresh.hh"
#include "sbc/topology.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

bool is_for_us(const Context& context, const sip::Message& request) {
    const auto uri = sip::Uri::parse(request.request_uri());
    if (!uri || !uri->user.empty()) return false;
    const auto address = uri->host_address();
    return address && std::ranges::any_of(context.policy->listeners, [&](const policy::Listener& listener) {
               return listener.local.address == *address || listener.advertised.address == *address;
           });
}

void answer_options(Context& context, const sip::RequestArrived& arrived) {
    auto response = context.transactions.respond_with(arrived.id, context.draining ? 503 : 200, context.token());
    response.set(HeaderName::allow, "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, INFO, MESSAGE, "
                                    "SUBSCRIBE, NOTIFY, PUBLISH, REFER");
    response.set(HeaderName::accept, "application/sdp");
    context.transactions.respond(arrived.id, response, context.now);
}

std::string uri_at(const policy::Peer& peer, const sip::Message& request) {
    return request.method() == Method::register_ ? uri_at_peer(peer, {}) : request_uri_at(peer, request.request_uri());
}

bool find_way(Context& context, RelayedRequest& relayed) {
    const auto uri = sip::Uri::parse(relayed.request.request_uri());
    const auto* registration = uri ? context.registrations.find(uri->user) : nullptr;
    if (registration && relayed.from.trusted && relayed.request.method() != Method::register_) {
        relayed.ways.push_back({context.party_towards(registration->flow, nullptr), std::string(registration->contact()),
                                path_towards(context, relayed.request.request_uri())});
        return true;
    }
    const policy::Facts facts{relayed.from.zone, relayed.from.peer, relayed.from.flow.transport,
                              relayed.from.flow.remote, &relayed.request, registration != nullptr};
    const double spread = static_cast<double>(context.entropy.next() >> 11) * 0x1p-53;
    relayed.route = policy::route(*context.policy, facts, spread);
    if (!relayed.route.accepted)
        refuse(context, relayed.server, relayed.route.status, relayed.local_tag, relayed.route.reason_phrase);
    for (const auto& [peer, target] : attempts(context, relayed.route.targets, false))
        if (auto party = context.party_of(peer, target, &relayed.route))
            relayed.ways.push_back({std::move(*party), uri_at(context.policy->peer(peer), relayed.request), {}});
    return relayed.route.accepted;
}

// Sends it to the party in `relayed.to`. A refusal is the sender's own fault.
std::optional<base::Reason> send(Context& context, RelayedRequest& relayed, const Way& way) {
    relayed.client = {};
    auto request = relayed.request.clone();
    if (const auto refused = hide_sender(request, relayed.to)) return refused;
    context.introduce(relayed.to, context.token());
    std::vector<std::string> contacts;
    sip::Dialog far;
    far.local_cseq = static_cast<std::uint32_t>(context.entropy.below(1000000));
    if (request.method() == Method::register_) {
        auto ours = contacts_for_registrar(context, relayed);
        if (!ours) return ours.error();
        if (relayed.policy == context.policy) {   // limits are those of the policy in force, which numbers its peers anew
            if (const auto busy = context.admission.begin_register(relayed.to.peer, context.now)) return busy;
            relayed.counted = context.policy->peer(relayed.to.peer).name;
        }
        ++context.totals.registers_relayed;
        contacts = std::move(*ours);
        far.call_id = relayed.far_call_id;
        far.local_cseq = relayed.far_cseq - 1;
    } else {
        far.call_id = context.token() + context.entropy.token(8);
    }
    const auto host = sip::Uri::parse(way.uri);
    far.local_tag = context.token();
    far.local_uri = hidden_identity(request.value(HeaderName::from), relayed.to, policy::LeakPlace::from_host, {});
    far.remote_uri = hidden_identity(request.value(HeaderName::to), relayed.to, policy::LeakPlace::to_host,
                                     host ? host->host : std::string());
    far.remote_target = way.uri;
    far.route_set = way.path;
    cross_request(context, request, far, {relayed.from, relayed.to});
    if (request.method() == Method::register_) {
        request.remove(HeaderName::path);      // it leads to the phone, and the registrar's way ends with us
        if (!contacts.empty() && !relayed.all_bindings && registration_rules(context, relayed.from.flow))
            request.remove(HeaderName::expires);   // each Contact says its own
    }
    for (const auto& contact : contacts) request.add(HeaderName::contact, contact);
    relayed.login_attempt = begin_attempt(context, *relayed.policy, relayed.to, request);
    relayed.client = send_request_to(context, relayed.to, relayed.to.flow, std::move(request));
    context.clients[relayed.client] = {Owner::Kind::request, relayed.number};
    return std::nullopt;
}

// False when no target is left. True: it is on its way (`client`), or has had its answer.
bool try_next(Context& context, RelayedRequest& relayed) {
    while (relayed.next_way < relayed.ways.size()) {
        auto& way = relayed.ways[relayed.next_way++];
        if (wants_sips(relayed.request) && !base::is_secure(way.party.flow.transport)) continue;
        relayed.to = std::move(way.party);
        const auto refused = send(context, relayed, way);
        if (!refused) return true;
        if (relayed.request.method() == Method::register_) refuse_register(context, relayed, *refused);
        else refuse(context, relayed.server, *refused, relayed.local_tag);
        return true;
    }
    return false;
}

// The registrar has answered, or never will.
void count_out(Context& context, RelayedRequest& relayed) {
    if (!relayed.counted.empty()) context.admission.end_register(std::exchange(relayed.counted, {}));
}

void respond(Context& context, const RelayedRequest& relayed, sip::Message& response) {
    cross_response(context, response, relayed.server, relayed.local_tag, {relayed.to, relayed.from});
    context.transactions.respond(relayed.server, response, context.now);
}

void register_answered(Context& context, RelayedRequest& relayed, sip::Message& response) {
    const int status = response.status();
    if ((status == 408 || status / 100 == 5) && answer_for_registrar(context, relayed)) return;
    if (status >= 300) {
        registrar_refused(context, relayed, status);
        return respond(context, relayed, response);
    }
    const auto contacts = contacts_from_registrar(context, relayed, response);
    // How long it gives is between us and the registrar.
    if (registration_rules(context, relayed.from.flow)) response.remove(HeaderName::expires);
    response.remove(HeaderName::path);
    cross_response(context, response, relayed.server, relayed.local_tag, {relayed.to, relayed.from});
    for (const auto item : relayed.request.items(HeaderName::path))   // RFC 3327, 5.3
        response.add(HeaderName::path, item);
    if (names_flows(relayed)) response.add(HeaderName::require, "outbound");
    remember_answer(context, relayed, response);
    for (const auto& contact : contacts) response.add(HeaderName::contact, contact);
    context.transactions.respond(relayed.server, response, context.now);
}

// It is on its way (`client`), or has had its answer.
void start(Context& context, RelayedRequest& relayed) {
    if (!find_way(context, relayed)) return;
    if (!try_next(context, relayed)) refuse(context, relayed.server, base::Reason::no_target, relayed.local_tag);
}

// One that has waited. What came before it may have done what it asks for, or have met another policy, whose zones and
// peers have other numbers.
void start_after_wait(Context& context, RelayedRequest& relayed) {
    if (relayed.policy != context.policy) return refuse_for_now(context, relayed.server, relayed.local_tag);
    if (!answer_after_wait(context, relayed)) start(context, relayed);
}

// Where it has had its answer at once, the next that waits begins.
void begin(Context& context, RelayedRequest relayed, bool has_waited) {
    std::optional<RelayedRequest> current(std::move(relayed));
    for (; current; has_waited = true) {
        has_waited ? start_after_wait(context, *current) : start(context, *current);
        if (current->client.value) {
            const auto number = current->number;
            context.requests.emplace(number, std::move(*current));
            return;
        }
        auto next = end_turn(context, *current);
        current = std::move(next);
    }
}

void finish(Context& context, std::uint64_t number) {
    const auto found = context.requests.find(number);
    if (found == context.requests.end()) return;
    context.clients.erase(found->second.client);
    auto next = end_turn(context, found->second);
    context.requests.erase(found);
    if (next) begin(context, std::move(*next), true);
}

}  // namespace

std::string uri_at_peer(const policy::Peer& peer, std::string_view user) {
    std::string uri = "sip:";
    if (!user.empty()) uri.append(user).append("@");
    uri += peer.address ? base::host_text(*peer.address) : peer.host;
    if (peer.port != base::default_port(peer.transport)) uri += ":" + std::to_string(peer.port);
    if (peer.transport != base::Transport::udp) uri.append(";transport=").append(base::uri_name_of(peer.transport));
    return uri;
}

void request_outside_dialog(Context& context, sip::RequestArrived& arrived, Party caller) {
    const auto method = arrived.request.method();
    if (method == Method::options && is_for_us(context, arrived.request)) return answer_options(context, arrived);
    if (method == Method::bye || method == Method::prack || method == Method::update || method == Method::info)
        return refuse(context, arrived.id, base::Reason::no_such_dialog, context.token());
    RelayedRequest relayed(arrived.id, std::move(arrived.request), std::move(caller));
    relayed.number = ++context.last_number;
    relayed.policy = context.policy;
    relayed.local_tag = context.token();
    if (method == Method::register_) relayed.aor = aor_of(relayed.request);
    if (take_turn(context, relayed)) begin(context, std::move(relayed), false);
}

void response_outside_dialog(Context& context, std::uint64_t number, sip::Message response) {
    const auto found = context.requests.find(number);
    if (found == context.requests.end() || response.status() < 200) return;
    auto& relayed = found->second;
    count_out(context, relayed);
    target_responded(context, relayed.to, response);
    if (relayed.login_attempt &&
        answer_challenge(context, *relayed.login_attempt, relayed.login_attempt->request.cseq() + 1, response)) {
        context.clients.erase(relayed.client);
        relayed.client = send_request_to(context, relayed.to, relayed.to.flow, relayed.login_attempt->request.clone());
        context.clients[relayed.client] = {Owner::Kind::request, number};
        return;
    }
    const auto old = relayed.client;
    if (policy::hold(relayed.route.failover_on, response.status()) && try_next(context, relayed)) {
        context.clients.erase(old);
        if (!relayed.client.value) finish(context, number);
        return;
    }
    if (relayed.request.method() == Method::register_) register_answered(context, relayed, response);
    else respond(context, relayed, response);
    finish(context, number);
}

void request_outside_dialog_failed(Context& context, std::uint64_t number, base::Reason why) {
    const auto found = context.requests.find(number);
    if (found == context.requests.end()) return;
    auto& relayed = found->second;
    context.clients.erase(relayed.client);
    count_out(context, relayed);
    target_failed(context, relayed.to, why);
    if (try_next(context, relayed)) {
        if (!relayed.client.value) finish(context, number);
        return;
    }
    if (relayed.request.method() != Method::register_ || !answer_for_registrar(context, relayed))
        refuse(context, relayed.server, why, relayed.local_tag);
    finish(context, number);
}

}  // namespace sbc
