#include "base/endpoint.hh"

#include <array>

#include "base/number.hh"
#include "base/text.hh"

namespace base {
namespace {

struct TransportName {
    std::string_view name, via;
};
constexpr std::array<TransportName, 5> kTransports{{
    {"udp", "UDP"}, {"tcp", "TCP"}, {"tls", "TLS"}, {"ws", "WS"}, {"wss", "WSS"},
}};

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = Address::parse(host);
    const auto port = to_number<std::uint16_t>(text.substr(colon + 1));
    if (!address || !port || bracketed == (host.find(':') == std::string_view::npos)) return std::nullopt;
    return Endpoint{*address, *port};
}

std::string Endpoint::to_string() const { return host_text(address) + ":" + std::to_string(port); }

std::string host_text(const Address& address) {
    return address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
}

std::string_view name_of(Transport transport) { return kTransports[static_cast<std::size_t>(transport)].name; }
std::string_view uri_name_of(Transport transport) {
    return name_of(transport == Transport::wss ? Transport::ws : transport);
}
std::string_view via_name_of(Transport transport) { return kTransports[static_cast<std::size_t>(transport)].via; }

std::optional<Transport> parse_transport(std::string_view name) {
    for (std::size_t i = 0; i < kTransports.size(); ++i)
        if (equals_ignoring_case(kTransports[i].name, name)) return static_cast<Transport>(i);
    return std::nullopt;
}

}  // namespace base
