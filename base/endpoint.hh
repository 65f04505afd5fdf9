// Address and port, and the transports that SIP runs over.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hh"

namespace base {

struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    // "203.0.113.1:5060" or "[2001:db8::1]:5060"; the port is mandatory.
    static std::optional<Endpoint> parse(std::string_view text);
    std::string to_string() const;

    friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// An address as a host of a SIP URI or Via writes it: IPv6 in brackets (RFC 3261, 25.1, IPv6reference).
std::string host_text(const Address& address);

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };

std::string_view name_of(Transport transport);                       // "udp", as in a policy file
std::string_view uri_name_of(Transport transport);                   // as in a URI's parameter: ws for wss (RFC 7118, 5.2.3)
std::string_view via_name_of(Transport transport);                   // "UDP", as in a Via
std::optional<Transport> parse_transport(std::string_view name);     // either form, any case
constexpr bool is_reliable(Transport transport) { return transport != Transport::udp; }
constexpr bool is_secure(Transport transport) { return transport == Transport::tls || transport == Transport::wss; }
constexpr bool is_web_socket(Transport transport) { return transport == Transport::ws || transport == Transport::wss; }
constexpr std::uint16_t default_port(Transport transport) {
    switch (transport) {
        case Transport::udp:
        case Transport::tcp: return 5060;
        case Transport::tls: return 5061;
        case Transport::ws: return 80;
        case Transport::wss: return 443;
    }
    return 5060;
}

}  // namespace base

template <>
struct std::hash<base::Endpoint> {
    std::size_t operator()(const base::Endpoint& endpoint) const noexcept {
        return std::hash<base::Address>{}(endpoint.address) * 31 + endpoint.port * std::size_t{0x9e3779b1};
    }
};
