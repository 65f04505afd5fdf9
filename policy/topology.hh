// A topology profile: for each kind of place where an inside name can leak, hide it, keep it, or put a fixed value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/place.hh"

namespace policy {

// One key of [topologies.NAME] each; the key is the enumerator with '_' as '-'.
enum class LeakPlace : std::uint8_t {
    via, record_route, route, path, service_route, contact, call_id, from_host, to_host, request_uri, identity,
    referred_by, refer_to, replaces, history_info, diversion, warning, reason, user_agent, server, organization,
    info_urls,        // Alert-Info, Call-Info, Error-Info
    geolocation, charging, subscription, session_id, other_headers,  // X- headers and any value that holds an inside address
    sdp_origin, sdp_session, sdp_connection, sdp_attributes, sdp_candidates, sdp_cname,
    rtcp,             // what it says in words of its sender
    multipart, sipfrag, bodies,   // bodies: dialog-info, reginfo, PIDF and other XML
};
inline constexpr int kLeakPlaces = static_cast<int>(LeakPlace::bodies) + 1;

std::string_view name_of(LeakPlace place);   // "record-route"

struct Treatment {
    enum class Kind : std::uint8_t { hide, keep, fixed } kind = Kind::hide;
    std::string value;    // for fixed
};

struct Topology {
    std::string name;
    Place place;
    std::array<Treatment, kLeakPlaces> treatments;   // default-constructed: hide all
    const Treatment& operator[](LeakPlace p) const { return treatments[static_cast<std::size_t>(p)]; }
    bool hides(LeakPlace p) const { return (*this)[p].kind != Treatment::Kind::keep; }
};

}  // namespace policy
