// Owns: RFC 3608, 6 as both its UA and its home proxy see it.
#include "sbc/service_route.hh"

#include "sbc/context.hh"
#include "sbc/registration.hh"
#include "sip/name_addr.hh"

namespace sbc {

using sip::HeaderName;

std::vector<std::string> service_route_of(const sip::Message& response) {
    std::vector<std::string> route;
    for (const auto item : response.items(HeaderName::service_route))
        if (const auto hop = sip::NameAddr::parse(item); hop && hop->uri.is_sip()) route.emplace_back(item);
    return route;
}

void put_our_service_route(const Context& context, const RelayedRequest& relayed, sip::Message& response) {
    if (response.has(HeaderName::service_route) && relayed.from.topology &&
        (*relayed.from.topology)[policy::LeakPlace::service_route].kind == policy::Treatment::Kind::fixed)
        return;
    response.remove(HeaderName::service_route);
    if (relayed.service_route.empty()) return;
    std::string token;
    for (const auto& binding : relayed.bindings)
        if (context.registrations.all().contains(binding.token)) token = binding.token;
    auto phone = relayed.from;
    context.introduce(phone, token);
    auto ours = sip::NameAddr::parse(phone.contact);
    if (!ours) return;
    ours->uri.set_parameter("lr", {});
    response.add(HeaderName::service_route, '<' + ours->uri.to_string() + '>');
}

const Registration* registration_of_sender(Context& context, const base::Flow& flow, const sip::Message& request) {
    if (!context.registrations.size()) return nullptr;
    for (const auto item : request.items(HeaderName::route)) {
        const auto hop = sip::NameAddr::parse(item);
        const auto* registration = hop ? context.registrations.find(hop->uri.user) : nullptr;
        if (registration && registration->flow == flow) return registration;
        break;   // what comes behind is not ours
    }
    for (const auto& token : context.registrations.tokens_of(aor_within(request.value(HeaderName::from))))
        if (const auto* registration = context.registrations.find(token); registration->flow == flow) return registration;
    return nullptr;
}

std::vector<std::string> service_route_to(const Registration* sender, std::string_view peer) {
    return sender && sender->upstream.peer == peer ? sender->upstream.service_route : std::vector<std::string>{};
}

}  // namespace sbc
