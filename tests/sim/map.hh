// The map of the simulated world: where the gate's doors are and which addresses are inside. policy.toml says the same.
#pragma once

#include <string_view>

#include "base/endpoint.hh"

namespace sim {

inline constexpr std::string_view kInsidePrefix = "198.51.100.";
inline constexpr std::string_view kInsidePrefix6 = "2001:db8:2:";
inline constexpr std::string_view kInsideDomain = "pbx.inside.example";
inline constexpr std::string_view kInsideProduct = "Innenleben";        // User-Agent and Server of the inside
inline constexpr std::string_view kInsideMark = "INNERCALL";            // in each Call-ID of the inside

inline base::Address address(std::string_view text) { return *base::Address::parse(text); }
inline base::Endpoint endpoint(std::string_view text) { return *base::Endpoint::parse(text); }

inline base::Endpoint gate_outside(bool v4) { return endpoint(v4 ? "203.0.113.1:5060" : "[2001:db8:1::1]:5060"); }
inline base::Endpoint gate_at_branch() { return endpoint("203.0.113.2:5060"); }
inline base::Endpoint gate_inside(bool v4) { return endpoint(v4 ? "198.51.100.1:5060" : "[2001:db8:2::1]:5060"); }

inline bool is_inside(const base::Address& where) {
    static const auto inside = *base::Prefix::parse("198.51.100.0/24"), inside6 = *base::Prefix::parse("2001:db8:2::/48");
    return inside.contains(where) || inside6.contains(where);
}

}  // namespace sim
