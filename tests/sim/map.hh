// The map of the simulated world: where the gate's doors are and which addresses are inside. policy.toml says the same.
#pragma once

#include <string_view>

#include "base/endpoint.hh"

namespace sim {

inline constexpr std::string_view kInsidePrefix = "198.51.100.";
inline constexpr std::string_view kInsideDomain = "pbx.inside.example";
inline constexpr std::string_view kInsideProduct = "Innenleben";        // User-Agent and Server of the inside
inline constexpr std::string_view kInsideMark = "INNERCALL";            // in each Call-ID of the inside

inline base::Address address(std::string_view text) { return *base::Address::parse(text); }
inline base::Endpoint endpoint(std::string_view text) { return *base::Endpoint::parse(text); }

inline base::Endpoint gate_outside() { return endpoint("203.0.113.1:5060"); }
inline base::Endpoint gate_inside() { return endpoint("198.51.100.1:5060"); }

inline bool is_inside(const base::Address& where) {
    static const auto inside = *base::Prefix::parse("198.51.100.0/24");
    return inside.contains(where);
}

}  // namespace sim
