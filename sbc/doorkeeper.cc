#include "sbc/doorkeeper.hh"

#include <algorithm>

#include "base/log.hh"
#include "policy/rules.hh"
#include "sbc/authentication.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"
#include "sbc/registration_refresh.hh"
#include "sbc/stateless.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

// What a refusal says beside its status.
struct Told {
    std::vector<std::string> challenges;
    std::string allow;
};

void answer_statelessly(Context& context, const sip::Message& request, const base::Flow& flow, base::Reason reason,
                        const Told& told = {}) {
    auto response = respond_statelessly(request, flow, base::sip_status_of(reason));
    if (!response) return;
    if (response->message.status() == 503) response->message.set(HeaderName::retry_after, "5");
    if (!told.allow.empty()) response->message.set(HeaderName::allow, told.allow);
    for (const auto& challenge : told.challenges) response->message.add(HeaderName::www_authenticate, challenge);
    send(context, *response);
}

// What the rules let this source ask for (8.2.1, 21.4.6).
std::string allowed_methods(const Context& context, const policy::Facts& facts) {
    std::string list;
    for (const auto method : {Method::invite, Method::ack, Method::cancel, Method::bye, Method::options, Method::register_,
                              Method::prack, Method::update, Method::info, Method::message, Method::subscribe,
                              Method::notify, Method::publish, Method::refer}) {
        const auto request = sip::Message::request(method, facts.request->request_uri());
        auto asked = facts;
        asked.request = &request;
        const auto& rules = context.policy->rules->access;
        const auto rule = std::ranges::find_if(rules, [&](const policy::AccessRule& r) { return r.decides(asked); });
        const bool has_place = method == Method::ack || method == Method::cancel;   // where its INVITE has one
        if (!has_place && (rule == rules.end() || !rule->allow)) continue;
        if (!list.empty()) list += ", ";
        list += sip::name_of(method);
    }
    return list;
}

// Only a description that is not packed can be anchored (8.2.3).
bool is_packed(const sip::Message& request) {
    const auto encoding = request.value(HeaderName::content_encoding);
    return !encoding.empty() && !base::equals_ignoring_case(encoding, "identity") && has_description(request);
}

bool is_known_scheme(std::string_view uri) {
    const auto scheme = uri.substr(0, uri.find(':'));
    for (const std::string_view known : {"sip", "sips", "tel", "urn"})
        if (base::equals_ignoring_case(scheme, known)) return true;
    return false;
}

// 26.3.2.4: asked without any state. What is a retransmission has proved itself before; its count is used up.
bool prove(Context& context, const policy::Authentication& asks, const sip::Message& request, const base::Flow& flow) {
    if (!request.to_tag().empty() || !asks.asks(request.method_text()) || context.transactions.knows(request)) return true;
    const auto refused = check_credentials(context, asks, request, flow);
    if (!refused) return true;
    context.refused(*refused);
    answer_statelessly(context, request, flow, *refused, {challenges_for(context, asks, flow, *refused), {}});
    return false;
}

}  // namespace

bool admit(Context& context, sip::Message& message, const base::Flow& flow) {
    if (!message.is_request()) return true;
    const auto zone = context.policy->zone_of(flow.listener);
    const policy::Facts facts{zone, context.policy->peer_of(zone, flow.remote.address), flow.transport, flow.remote,
                              &message};
    const auto* asks = policy::authentication_of(*context.policy, facts);
    const bool has_place = message.method() == Method::ack || message.method() == Method::cancel ||
                           (!message.to_tag().empty() && context.call_by_tag(message.to_tag()));
    if (!has_place) {   // else its dialog, or its INVITE, lets it in
        if (const auto refused = context.admission.admit(facts, context.now)) {
            context.refused(*refused);
            const bool method = *refused == base::Reason::method_not_allowed;
            const Told told{{}, method ? allowed_methods(context, facts) : std::string()};
            if (base::sip_status_of(*refused)) answer_statelessly(context, message, flow, *refused, told);
            return false;
        }
        if (asks && !prove(context, *asks, message, flow)) return false;
    }
    if (asks) drop_credentials(message, asks->realm);
    return !answer_refresh(context, message, flow);
}

std::optional<base::Reason> check_request(const Context&, const sip::Message& request) {
    if (!hops_left(request)) return base::Reason::too_many_hops;
    if (!is_known_scheme(request.request_uri())) return base::Reason::unsupported_scheme;
    // We stand between as a proxy would: an extension that proxies must know is none of ours (8.2.2.3, 20.29).
    if (request.has(HeaderName::proxy_require)) return base::Reason::bad_extension;
    if (is_packed(request)) return base::Reason::unsupported_body;
    return std::nullopt;
}

void answer_refused(Context& context, const sip::RequestArrived& arrived, base::Reason reason) {
    context.refused(reason);
    auto response = context.transactions.respond_with(arrived.id, base::sip_status_of(reason), context.token());
    if (reason == base::Reason::bad_extension)
        response.set(HeaderName::unsupported, arrived.request.value(HeaderName::proxy_require));
    if (reason == base::Reason::unsupported_body) response.set(HeaderName::accept_encoding, "identity");
    context.transactions.respond(arrived.id, response, context.now);
}

}  // namespace sbc
