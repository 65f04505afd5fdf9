#include "sbc/authentication.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/context.hh"
#include "sip/digest.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using base::Reason;
using sip::HeaderName;

bool is_offered(const policy::Authentication& asks, const sip::Credentials& given) {
    const bool qop = given.qop == sip::Qop::auth || (given.qop == sip::Qop::auth_int && asks.integrity);
    return qop && !given.session && given.realm == asks.realm &&
           std::ranges::find(asks.algorithms, given.hash) != asks.algorithms.end();
}

std::optional<sip::Credentials> given_for(const policy::Authentication& asks, const sip::Message& request) {
    for (const auto& header : request.headers()) {
        if (header.id != HeaderName::authorization && header.id != HeaderName::proxy_authorization) continue;
        if (auto given = sip::parse_credentials(header.value); given && is_offered(asks, *given)) return given;
    }
    return std::nullopt;
}

std::string small_letters(std::string text) {
    std::ranges::transform(text, text.begin(), base::lower);
    return text;
}

bool is_right(const policy::Authentication& asks, const sip::Credentials& given, const sip::Message& request) {
    const auto* secret = asks.users.secret(given.username, given.hash);
    const std::string nobodys(base::hex_digits_of(given.hash), '0');
    const auto wanted = sip::response_for(given, secret ? *secret : nobodys, request.method_text(), request.body());
    const bool equal = base::equal_in_constant_time(wanted, small_letters(given.response));
    return equal & (secret != nullptr);   // no short cut for those whom nobody knows
}

// RFC 7616, 3.4.6 asks for the same resource. Hosts and parameters differ in the field (outbound proxies, ports), but
// nobody may turn a call that was proved to another number.
bool is_for_this(const sip::Credentials& given, const sip::Message& request) {
    const auto proved = sip::Uri::parse(given.uri), asked = sip::Uri::parse(request.request_uri());
    return proved && asked && proved->user == asked->user;
}

// "alice", or "alice@example.com" where accounts are named so.
bool is_user_of(std::string_view name, std::string_view name_addr) {
    const auto parsed = sip::NameAddr::parse(name_addr);
    return parsed && (parsed->uri.user == name || parsed->uri.user + "@" + parsed->uri.host == name);
}

bool speaks_for_himself(const sip::Credentials& given, const sip::Message& request) {
    return is_user_of(given.username, request.value(HeaderName::from)) &&
           (request.method() != sip::Method::register_ || is_user_of(given.username, request.value(HeaderName::to)));
}

Reason refused(Reason why, const sip::Credentials& given, const base::Flow& flow) {
    base::log::info("authentication_failed", base::log::Fields("source", flow.remote.to_string())("user", given.username)(
                                                 "why", base::name_of(why)));
    return why;
}

}  // namespace

std::optional<Reason> check_credentials(Context& context, const policy::Authentication& asks,
                                        const sip::Message& request, const base::Flow& flow) {
    const auto given = given_for(asks, request);
    if (!given) return Reason::credentials_missing;
    if (!is_right(asks, *given, request) || !is_for_this(*given, request))
        return refused(Reason::credentials_wrong, *given, flow);
    switch (context.nonces.use(given->nonce, given->nonce_count().value_or(0), {asks.realm, flow.remote.address}, context.now)) {
        case sip::Nonces::Verdict::stale: return Reason::nonce_stale;
        case sip::Nonces::Verdict::replayed: return refused(Reason::nonce_replayed, *given, flow);
        case sip::Nonces::Verdict::good: break;
    }
    if (asks.match_user && !speaks_for_himself(*given, request)) return refused(Reason::user_mismatch, *given, flow);
    return std::nullopt;
}

std::vector<std::string> challenges_for(Context& context, const policy::Authentication& asks, const base::Flow& flow,
                                        Reason why) {
    std::vector<std::string> values;
    if (base::sip_status_of(why) != 401) return values;
    sip::Challenge challenge;
    challenge.realm = asks.realm;
    challenge.nonce = context.nonces.make(context.entropy, {asks.realm, flow.remote.address}, context.now);
    challenge.stale = why == Reason::nonce_stale || why == Reason::nonce_replayed;   // the password was right
    challenge.auth = true;
    challenge.auth_int = asks.integrity;
    for (const auto hash : asks.algorithms) {
        challenge.hash = hash;
        values.push_back(challenge.to_string());
    }
    return values;
}

void drop_credentials(sip::Message& request, std::string_view realm) {
    request.remove_if([&](const sip::Header& header) {
        return (header.id == HeaderName::authorization || header.id == HeaderName::proxy_authorization) &&
               sip::realm_of(header.value) == realm;
    });
}

}  // namespace sbc
