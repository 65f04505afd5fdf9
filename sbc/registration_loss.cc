#include "sbc/registration_loss.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/relay_request.hh"
#include "sbc/topology.hh"

namespace sbc {
namespace {

using sip::HeaderName;

constexpr base::Duration kNotWorthIt = std::chrono::seconds(5);   // the registrar will forget it by itself

std::optional<Party> registrar_of(Context& context, const Registration& registration) {
    const auto& peers = context.policy->peers;
    const auto peer = std::ranges::find(peers, registration.texts().peer, &policy::Peer::name);
    if (peer == peers.end()) return std::nullopt;
    const base::PeerId id{static_cast<std::uint16_t>(peer - peers.begin())};
    for (const auto& attempt : attempts(context, {id}, false))
        if (auto party = context.party_of(attempt.peer, attempt.target, nullptr)) return party;
    return std::nullopt;
}

sip::Message farewell_of(Context& context, const Registration& registration, const Party& to) {
    const auto uri = uri_at_peer(context.policy->peer(to.peer), {});
    const auto host = sip::Uri::parse(uri);
    const auto user = "<" + std::string(registration.aor()) + ">";
    sip::Dialog dialog;
    dialog.call_id = registration.texts().far_call_id;
    dialog.local_tag = context.token();
    dialog.local_cseq = registration.upstream.cseq;
    dialog.local_uri = hidden_identity(user, to, policy::LeakPlace::from_host, {});
    dialog.remote_uri = hidden_identity(user, to, policy::LeakPlace::to_host, host ? host->host : std::string());
    dialog.remote_target = uri;
    auto request = dialog.make_request(sip::Method::register_);
    cross_payload(request, {}, {to, to});
    request.set(HeaderName::contact, "<" + our_contact_uri(to, registration.token()) + ">;expires=0");
    return request;
}

void bid_farewell(Context& context, const Registration& registration) {
    const auto* rules = registration_rules(context, registration.flow);
    if (!rules || !rules->deregister || registration.upstream.expires < context.now + kNotWorthIt) return;
    auto to = registrar_of(context, registration);
    if (!to) return;
    // Many connections may end at once: a registrar that is busy is left to forget by itself.
    if (const auto busy = context.admission.begin_register(to->peer, context.now)) return context.refused(*busy);
    context.introduce(*to, registration.token());
    const auto number = ++context.last_number;
    auto farewell = farewell_of(context, registration, *to);
    const auto client = context.transactions.request(std::move(farewell), to->flow, to->sent_by, context.now);
    context.clients[client] = {Owner::Kind::farewell, number};
    context.farewells[number] = {client, std::string(registration.texts().peer)};
}

void lose(Context& context, const std::string& token, std::string_view why) {
    if (const auto* registration = context.registrations.find(token)) bid_farewell(context, *registration);
    forget(context, token, why);
}

}  // namespace

void registration_expired(Context& context, std::uint64_t number) {
    if (const auto* registration = context.registrations.find(number)) lose(context, std::string(registration->token()), "expired");
}

void replace_binding(Context& context, std::string_view aor, std::string_view contact, std::string_view instance) {
    if (const auto* other = context.registrations.find(aor, contact, instance))
        lose(context, std::string(other->token()), "replaced");
}

void flow_lost(Context& context, const base::Flow& flow) {
    if (!flow.connection.value) return;
    for (const auto& token : context.registrations.tokens_behind(flow.connection)) {
        auto& registration = *context.registrations.find(token);
        const auto* rules = registration_rules(context, registration.flow);
        if (rules && rules->deregister) {
            lose(context, token, "flow_lost");
            continue;
        }
        auto rest = registration.flow;
        rest.connection = {};
        context.registrations.move(registration, rest);
    }
}

void farewell_answered(Context& context, std::uint64_t number, int status) {
    const auto found = context.farewells.find(number);
    if (found == context.farewells.end()) return;
    if (status / 100 != 2)
        base::log::info("not_deregistered",
                        base::log::Fields("peer", found->second.peer)("status", std::to_string(status)));
    context.admission.end_register(found->second.peer);
    context.clients.erase(found->second.client);
    context.farewells.erase(found);
}

}  // namespace sbc
