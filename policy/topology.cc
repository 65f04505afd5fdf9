// The names of the places where an inside name can leak.
#include "policy/topology.hh"

namespace policy {

std::string_view name_of(LeakPlace place) {
    static constexpr std::array<std::string_view, kLeakPlaces> kNames{
        "via",           "record-route",   "route",          "path",
        "service-route", "contact",        "call-id",        "from-host",
        "to-host",       "request-uri",    "identity",       "referred-by",
        "refer-to",      "replaces",       "history-info",   "diversion",
        "warning",       "reason",         "user-agent",     "server",
        "organization",  "info-urls",      "geolocation",    "charging",
        "subscription",  "session-id",     "other-headers",  "sdp-origin",
        "sdp-session",   "sdp-connection", "sdp-attributes", "sdp-candidates",
        "sdp-cname",     "rtcp",           "multipart",      "sipfrag",
        "bodies"};
    static_assert(!kNames.back().empty(), "one name for each place");
    return kNames[static_cast<std::size_t>(place)];
}

}  // namespace policy
