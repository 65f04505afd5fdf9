#include "sbc/doorkeeper.hh"

#include "base/log.hh"
#include "sbc/authentication.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/registration_refresh.hh"
#include "sbc/stateless.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

void answer_statelessly(Context& context, const sip::Message& request, const base::Flow& flow, base::Reason reason,
                        const std::vector<std::string>& challenges = {}) {
    auto response = respond_statelessly(request, flow, base::sip_status_of(reason));
    if (!response) return;
    if (response->message.status() == 503) response->message.set(HeaderName::retry_after, "5");
    for (const auto& challenge : challenges) response->message.add(HeaderName::www_authenticate, challenge);
    send(context, *response);
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
    answer_statelessly(context, request, flow, *refused, challenges_for(context, asks, flow, *refused));
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
            if (base::sip_status_of(*refused)) answer_statelessly(context, message, flow, *refused);
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
    return std::nullopt;
}

void answer_refused(Context& context, const sip::RequestArrived& arrived, base::Reason reason) {
    context.refused(reason);
    auto response = context.transactions.respond_with(arrived.id, base::sip_status_of(reason), context.token());
    if (reason == base::Reason::bad_extension)
        response.set(HeaderName::unsupported, arrived.request.value(HeaderName::proxy_require));
    context.transactions.respond(arrived.id, response, context.now);
}

}  // namespace sbc
