#include "sip/digest.hh"

#include <algorithm>
#include <charconv>

#include "base/text.hh"
#include "sip/auth_parameters.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

constexpr std::size_t kMostChallenges = 8;
constexpr std::string_view kSession = "-sess";

bool is_hexadecimal(std::string_view text, std::size_t digits) {
    return text.size() == digits && std::ranges::all_of(text, [](char c) { return is_char(c, kHexChar); });
}

bool is_digest(const AuthScheme& scheme) { return base::equals_ignoring_case(scheme.name, "Digest"); }

// False for an algorithm that nobody here knows.
bool read_algorithm(const AuthScheme& scheme, base::HashName& hash, bool& session) {
    auto name = scheme.value("algorithm");
    if (name.empty()) return true;   // MD5
    session = name.size() > kSession.size() &&
              base::equals_ignoring_case(name.substr(name.size() - kSession.size()), kSession);
    if (session) name.remove_suffix(kSession.size());
    const auto known = base::hash_named(name);
    if (known) hash = *known;
    return known.has_value();
}

std::optional<std::string> optional_text(const AuthScheme& scheme, std::string_view name) {
    const auto* found = scheme.find(name);
    return found ? std::optional(std::string(found->value)) : std::nullopt;
}

std::optional<Challenge> read_challenge(const AuthScheme& scheme) {
    const auto realm = scheme.quoted("realm"), nonce = scheme.quoted("nonce");
    Challenge challenge;
    if (!is_digest(scheme) || !realm || !nonce || nonce->empty()) return std::nullopt;
    if (!read_algorithm(scheme, challenge.hash, challenge.session)) return std::nullopt;
    challenge.realm = *realm;
    challenge.nonce = *nonce;
    challenge.opaque = optional_text(scheme, "opaque");
    challenge.stale = base::equals_ignoring_case(scheme.value("stale"), "true");
    const auto qop = scheme.value("qop");
    for (const auto offered : split_list(qop)) {
        challenge.auth = challenge.auth || base::equals_ignoring_case(offered, "auth");
        challenge.auth_int = challenge.auth_int || base::equals_ignoring_case(offered, "auth-int");
    }
    if (!qop.empty() && !challenge.auth && !challenge.auth_int) return std::nullopt;   // nothing that we could give
    return challenge;
}

std::string algorithm_text(base::HashName hash, bool session) {
    std::string text(name_of(hash));
    if (session) text += kSession;
    return text;
}

void put_quoted(std::string& text, std::string_view name, std::string_view value) {
    text.append(",").append(name).append("=\"").append(value).append("\"");
}

void put(std::string& text, std::string_view name, std::string_view value) {
    text.append(",").append(name).append("=").append(value);
}

std::string_view text_of(Qop qop) { return qop == Qop::auth_int ? "auth-int" : "auth"; }

}  // namespace

std::string Challenge::to_string() const {
    std::string text = "Digest realm=\"" + realm + '"';
    put_quoted(text, "nonce", nonce);
    if (opaque) put_quoted(text, "opaque", *opaque);
    if (stale) put(text, "stale", "true");
    put(text, "algorithm", algorithm_text(hash, session));
    if (auth || auth_int) put_quoted(text, "qop", !auth_int ? "auth" : auth ? "auth,auth-int" : "auth-int");
    return text;
}

std::string Credentials::to_string() const {
    std::string text = "Digest username=\"" + username + '"';
    put_quoted(text, "realm", realm);
    put_quoted(text, "nonce", nonce);
    put_quoted(text, "uri", uri);
    put_quoted(text, "response", response);
    put(text, "algorithm", algorithm_text(hash, session));
    if (qop != Qop::none) put(text, "qop", text_of(qop)), put(text, "nc", nc);
    if (!cnonce.empty()) put_quoted(text, "cnonce", cnonce);
    if (opaque) put_quoted(text, "opaque", *opaque);
    return text;
}

std::optional<std::uint32_t> Credentials::nonce_count() const {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), count, 16);
    return error == std::errc{} && end == nc.data() + nc.size() ? std::optional(count) : std::nullopt;
}

std::vector<Challenge> challenges_of(const Message& response) {
    std::vector<Challenge> challenges;
    const auto id = response.status() == 407 ? HeaderName::proxy_authenticate : HeaderName::www_authenticate;
    for (const auto& header : response.headers()) {
        if (header.id != id) continue;
        const auto schemes = parse_auth(header.value);
        for (const auto& scheme : schemes.value_or(std::vector<AuthScheme>{}))
            if (auto challenge = read_challenge(scheme); challenge && challenges.size() < kMostChallenges)
                challenges.push_back(std::move(*challenge));
    }
    return challenges;
}

HeaderName answer_to(int status) {
    return status == 407 ? HeaderName::proxy_authorization : HeaderName::authorization;
}

std::optional<Credentials> parse_credentials(std::string_view value) {
    const auto schemes = parse_auth(value);
    if (!schemes || schemes->size() != 1 || !is_digest(schemes->front())) return std::nullopt;
    const auto& scheme = schemes->front();
    const auto user = scheme.quoted("username"), realm = scheme.quoted("realm"), nonce = scheme.quoted("nonce"),
               uri = scheme.quoted("uri"), response = scheme.quoted("response");
    Credentials credentials;
    if (!user || !realm || !nonce || !uri || !response) return std::nullopt;
    if (!read_algorithm(scheme, credentials.hash, credentials.session)) return std::nullopt;
    if (!is_hexadecimal(*response, base::hex_digits_of(credentials.hash))) return std::nullopt;
    credentials.username = *user;
    credentials.realm = *realm;
    credentials.nonce = *nonce;
    credentials.uri = *uri;
    credentials.response = *response;
    credentials.cnonce = scheme.value("cnonce");
    credentials.opaque = optional_text(scheme, "opaque");
    credentials.nc = scheme.value("nc");
    const auto qop = scheme.value("qop");
    if (qop.empty()) return credentials;
    if (base::equals_ignoring_case(qop, "auth")) credentials.qop = Qop::auth;
    else if (base::equals_ignoring_case(qop, "auth-int")) credentials.qop = Qop::auth_int;
    else return std::nullopt;
    if (!is_hexadecimal(credentials.nc, 8) || credentials.cnonce.empty()) return std::nullopt;
    return credentials;
}

std::string_view realm_of(std::string_view value) {
    const auto schemes = parse_auth(value);
    return schemes && schemes->size() == 1 ? schemes->front().value("realm") : std::string_view{};
}

std::string secret_of(base::HashName hash, std::string_view user, std::string_view realm, std::string_view password) {
    return base::hash_of(hash, {user, realm, password});
}

std::string response_for(const Credentials& credentials, std::string_view secret, std::string_view method,
                         std::string_view body) {
    const auto hash = credentials.hash;
    const auto a1 = credentials.session ? base::hash_of(hash, {secret, credentials.nonce, credentials.cnonce})
                                        : std::string(secret);
    const auto a2 = credentials.qop == Qop::auth_int ? base::hash_of(hash, {method, credentials.uri, base::hash_of(hash, {body})})
                                                     : base::hash_of(hash, {method, credentials.uri});
    if (credentials.qop == Qop::none) return base::hash_of(hash, {a1, credentials.nonce, a2});
    return base::hash_of(hash, {a1, credentials.nonce, credentials.nc, credentials.cnonce, text_of(credentials.qop), a2});
}

Credentials credentials_for(const Challenge& challenge, std::string_view user, std::string_view uri) {
    Credentials credentials;
    credentials.username = user;
    credentials.realm = challenge.realm;
    credentials.nonce = challenge.nonce;
    credentials.opaque = challenge.opaque;
    credentials.uri = uri;
    credentials.hash = challenge.hash;
    credentials.session = challenge.session;
    credentials.qop = challenge.auth ? Qop::auth : challenge.auth_int ? Qop::auth_int : Qop::none;
    return credentials;
}

void complete(Credentials& credentials, std::uint32_t nc, std::string_view cnonce) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    credentials.nc.clear();
    for (int shift = 28; shift >= 0; shift -= 4) credentials.nc += kDigits[nc >> shift & 15];
    // RFC 2617's servers know no cnonce without qop, but a session needs one.
    if (credentials.qop != Qop::none || credentials.session) credentials.cnonce = cnonce;
}

}  // namespace sip
