// The header names that some rule of ours asks for; compact forms (RFC 3261, 7.3.3) are the same names.
#pragma once

#include <cstdint>
#include <string_view>

namespace sip {

enum class HeaderName : std::uint8_t {
    other, accept, accept_encoding, accept_language, alert_info, allow, allow_events, authentication_info,
    authorization, call_id, call_info, contact, content_disposition, content_encoding, content_id,
    content_language, content_length, content_type, cseq, date, diversion, error_info, event, expires, from,
    geolocation, history_info, identity, in_reply_to, join, max_forwards, mime_version, min_expires, min_se,
    organization, p_access_network_info, p_asserted_identity, p_called_party_id, p_charging_function_addresses,
    p_charging_vector, p_early_media, p_preferred_identity, p_served_user, p_visited_network_id, path, priority,
    privacy, proxy_authenticate, proxy_authorization, proxy_require, rack, reason, record_route, refer_sub,
    refer_to, referred_by, remote_party_id, replaces, reply_to, require, retry_after, route, rseq, server,
    service_route, session_expires, session_id, sip_etag, sip_if_match, subject, subscription_state, supported,
    target_dialog, timestamp, to, unsupported, user_agent, user_to_user, via, warning, www_authenticate,
};

HeaderName parse_header_name(std::string_view text);  // any case, compact or long
std::string_view name_of(HeaderName name);            // canonical long form, "Call-ID"; empty for other

// True where commas separate values of one header (Via, Contact, Route, …; not Date, not WWW-Authenticate).
bool is_list(HeaderName name);

}  // namespace sip
