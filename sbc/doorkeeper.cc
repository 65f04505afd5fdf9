#include "sbc/doorkeeper.hh"

#include "base/log.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sip/via.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

// 8.2.7: without a transaction the To tag must still be the same for each repetition.
std::string stateless_tag(const sip::Message& request) {
    return "r" + std::to_string(std::hash<std::string_view>{}(request.value(HeaderName::via)) & 0xffffffff);
}

void answer_statelessly(Context& context, const sip::Message& request, const base::Flow& flow, base::Reason reason) {
    auto top = sip::Via::parse(request.items(HeaderName::via).front());
    if (!top) return;
    auto response = sip::Message::response(base::sip_status_of(reason));
    base::Flow back = flow;
    if (!base::is_reliable(flow.transport)) {
        if (top->parameter("rport")) top->set_parameter("rport", std::to_string(flow.remote.port));
        else back.remote.port = top->port ? top->port : base::default_port(flow.transport);
        top->set_parameter("received", flow.remote.address.to_string());
    }
    bool first = true;
    for (const auto via : request.items(HeaderName::via))
        response.add(HeaderName::via, std::exchange(first, false) ? top->to_string() : std::string(via));
    response.set(HeaderName::from, request.value(HeaderName::from));
    std::string to(request.value(HeaderName::to));
    if (request.to_tag().empty()) to += ";tag=" + stateless_tag(request);
    response.set(HeaderName::to, to);
    response.set(HeaderName::call_id, request.call_id());
    response.set(HeaderName::cseq, request.value(HeaderName::cseq));
    if (response.status() == 503) response.set(HeaderName::retry_after, "5");
    context.collect_sends();
    context.effects.emplace_back(sip::Send{back, std::make_shared<const std::string>(response.serialize())});
}

bool is_known_scheme(std::string_view uri) {
    const auto scheme = uri.substr(0, uri.find(':'));
    for (const std::string_view known : {"sip", "sips", "tel", "urn"})
        if (base::equals_ignoring_case(scheme, known)) return true;
    return false;
}

}  // namespace

bool admit(Context& context, const sip::Message& message, const base::Flow& flow) {
    if (!message.is_request() || message.method() == Method::ack || message.method() == Method::cancel) return true;
    if (!message.to_tag().empty() && context.call_by_tag(message.to_tag())) return true;   // its dialog lets it in
    const auto zone = context.policy->zone_of(flow.listener);
    const policy::Facts facts{zone, context.policy->peer_of(zone, flow.remote.address), flow.transport, flow.remote,
                              &message};
    const auto refused = context.admission.admit(facts, context.now);
    if (!refused) return true;
    context.refused(*refused);
    if (base::sip_status_of(*refused)) answer_statelessly(context, message, flow, *refused);
    return false;
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
