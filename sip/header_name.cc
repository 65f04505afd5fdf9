#include "sip/header_name.hh"

#include <array>

#include "base/text.hh"

namespace sip {
namespace {

constexpr std::array kNames = std::to_array<std::string_view>({
    "",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Call-Info",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-ID",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Diversion",
    "Error-Info",
    "Event",
    "Expires",
    "From",
    "Geolocation",
    "History-Info",
    "Identity",
    "In-Reply-To",
    "Join",
    "Max-Forwards",
    "MIME-Version",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Access-Network-Info",
    "P-Asserted-Identity",
    "P-Called-Party-ID",
    "P-Charging-Function-Addresses",
    "P-Charging-Vector",
    "P-Early-Media",
    "P-Preferred-Identity",
    "P-Served-User",
    "P-Visited-Network-ID",
    "Path",
    "Priority",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Record-Route",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Remote-Party-ID",
    "Replaces",
    "Reply-To",
    "Require",
    "Retry-After",
    "Route",
    "RSeq",
    "Server",
    "Service-Route",
    "Session-Expires",
    "Session-ID",
    "SIP-ETag",
    "SIP-If-Match",
    "Subject",
    "Subscription-State",
    "Supported",
    "Target-Dialog",
    "Timestamp",
    "To",
    "Unsupported",
    "User-Agent",
    "User-to-User",
    "Via",
    "Warning",
    "WWW-Authenticate",
});
constexpr std::size_t kCount = static_cast<std::size_t>(HeaderName::www_authenticate) + 1;
static_assert(kNames.size() == kCount);
static_assert(kNames[static_cast<std::size_t>(HeaderName::max_forwards)] == "Max-Forwards");
static_assert(kNames[static_cast<std::size_t>(HeaderName::session_id)] == "Session-ID");

// Names that share length, first and last letter share a slot and are chained.
constexpr std::size_t slot_of(std::string_view name) {
    const auto byte = [](char c) {
        return static_cast<std::size_t>(static_cast<unsigned char>(base::lower(c)));
    };
    return (name.size() * 11 + byte(name.front()) * 5 + byte(name.back())) & 255;
}

struct Index {
    std::array<std::uint8_t, 256> first{};
    std::array<std::uint8_t, kCount> next{};
};

constexpr Index make_index() {
    Index index;
    for (std::size_t name = 1; name < kCount; ++name) {
        const std::size_t slot = slot_of(kNames[name]);
        index.next[name] = index.first[slot];
        index.first[slot] = static_cast<std::uint8_t>(name);
    }
    return index;
}

constexpr Index kIndex = make_index();

HeaderName parse_compact(char letter) {
    switch (base::lower(letter)) {
        case 'b':
            return HeaderName::referred_by;
        case 'c':
            return HeaderName::content_type;
        case 'e':
            return HeaderName::content_encoding;
        case 'f':
            return HeaderName::from;
        case 'i':
            return HeaderName::call_id;
        case 'k':
            return HeaderName::supported;
        case 'l':
            return HeaderName::content_length;
        case 'm':
            return HeaderName::contact;
        case 'o':
            return HeaderName::event;
        case 'r':
            return HeaderName::refer_to;
        case 's':
            return HeaderName::subject;
        case 't':
            return HeaderName::to;
        case 'u':
            return HeaderName::allow_events;
        case 'v':
            return HeaderName::via;
        case 'x':
            return HeaderName::session_expires;
        case 'y':
            return HeaderName::identity;
        default:
            return HeaderName::other;
    }
}

}  // namespace

HeaderName parse_header_name(std::string_view text) {
    if (text.empty()) return HeaderName::other;
    if (text.size() == 1) return parse_compact(text.front());
    for (std::size_t name = kIndex.first[slot_of(text)]; name; name = kIndex.next[name])
        if (base::equals_ignoring_case(kNames[name], text)) return static_cast<HeaderName>(name);
    return HeaderName::other;
}

std::string_view name_of(HeaderName name) { return kNames[static_cast<std::size_t>(name)]; }

bool is_list(HeaderName name) {
    switch (name) {
        case HeaderName::accept:
        case HeaderName::accept_encoding:
        case HeaderName::accept_language:
        case HeaderName::alert_info:
        case HeaderName::allow:
        case HeaderName::allow_events:
        case HeaderName::call_info:
        case HeaderName::contact:
        case HeaderName::content_encoding:
        case HeaderName::content_language:
        case HeaderName::diversion:
        case HeaderName::error_info:
        case HeaderName::geolocation:
        case HeaderName::history_info:
        case HeaderName::in_reply_to:
        case HeaderName::p_access_network_info:
        case HeaderName::p_asserted_identity:
        case HeaderName::p_early_media:
        case HeaderName::p_preferred_identity:
        case HeaderName::p_visited_network_id:
        case HeaderName::path:
        case HeaderName::proxy_require:
        case HeaderName::reason:
        case HeaderName::record_route:
        case HeaderName::remote_party_id:
        case HeaderName::require:
        case HeaderName::route:
        case HeaderName::service_route:
        case HeaderName::supported:
        case HeaderName::unsupported:
        case HeaderName::user_to_user:
        case HeaderName::via:
        case HeaderName::warning:
            return true;
        default:
            return false;
    }
}

}  // namespace sip
