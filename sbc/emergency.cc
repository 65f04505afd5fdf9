#include "sbc/emergency.hh"

#include <array>

#include "base/text.hh"
#include "sbc/relay_request.hh"

namespace sbc {
namespace {

constexpr std::array<std::string_view, 2> kUrgency{"Priority", "Resource-Priority"};

}  // namespace

Urgency urgency_of(const sip::Message& request) {
    Urgency urgency;
    for (const auto& header : request.headers())
        for (const auto name : kUrgency)
            if (base::equals_ignoring_case(header.name, name)) urgency.emplace_back(header.name, header.value);
    return urgency;
}

void put_urgency(sip::Message& request, const Urgency& urgency) {
    for (const auto name : kUrgency) request.remove(name);
    for (const auto& [name, value] : urgency) request.add(name, value);
}

std::string request_uri_at(const policy::Peer& peer, std::string_view asked) {
    if (base::starts_with_ignoring_case(asked, "urn:service:")) return std::string(asked);
    const auto uri = sip::Uri::parse(asked);
    auto at_peer = uri_at_peer(peer, uri ? std::string_view(uri->user) : std::string_view{});
    if (const auto gruu = uri ? uri->parameter("gr") : std::nullopt)
        at_peer.append(gruu->empty() ? ";gr" : ";gr=").append(*gruu);
    return at_peer;
}

}  // namespace sbc
