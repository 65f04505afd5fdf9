#include "sbc/peer_login.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_life.hh"
#include "sbc/context.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr std::size_t kCnonceCharacters = 16;
constexpr std::array kBothCredentials{HeaderName::authorization, HeaderName::proxy_authorization};

bool brings_credentials(const sip::Message& request) {
    return std::ranges::any_of(kBothCredentials, [&](HeaderName id) { return request.has(id); });
}

// One use more of the nonce that the peer gave.
void put_credentials(KnownChallenge& known, const policy::PeerLogin& login, sip::Message& request) {
    auto credentials = sip::credentials_for(*known.challenge, login.user, request.request_uri());
    sip::complete(credentials, ++known.count, known.cnonce);
    const auto secret = sip::secret_of(credentials.hash, login.user, credentials.realm, login.password);
    credentials.response = sip::response_for(credentials, secret, request.method_text(), request.body());
    request.set(known.header, credentials.to_string());
}

// The strongest that the policy lets us answer (RFC 8760, 2.4); null: none is for our account.
const sip::Challenge* choose(const std::vector<sip::Challenge>& challenges, const policy::PeerLogin& login,
                             const KnownChallenge& known) {
    const auto& wanted = !login.realm.empty() ? login.realm : known.realm;
    const sip::Challenge* best = nullptr;
    for (const auto& challenge : challenges) {
        const auto& realm = wanted.empty() ? challenges.front().realm : wanted;
        const bool allowed = std::ranges::find(login.algorithms, challenge.hash) != login.algorithms.end();
        if (challenge.realm == realm && allowed && (!best || challenge.hash > best->hash)) best = &challenge;
    }
    return best;
}

}  // namespace

std::shared_ptr<LoginAttempt> begin_attempt(Context& context, std::shared_ptr<const policy::PeerLogin> login,
                                       const std::string& peer, sip::Message& request) {
    const auto known = context.challenges.find(peer);
    if (known != context.challenges.end() && known->second.challenge)
        put_credentials(known->second, *login, request);
    return std::make_shared<LoginAttempt>(std::move(login), peer, request.clone(), 0);
}

std::shared_ptr<LoginAttempt> begin_attempt(Context& context, const policy::Snapshot& policy, const Party& to,
                                       sip::Message& request) {
    if (!to.is_target || request.method() == Method::register_ || brings_credentials(request)) return nullptr;
    const auto& peer = policy.peer(to.peer);
    return peer.login ? begin_attempt(context, peer.login, peer.name, request) : nullptr;
}

bool answer_challenge(Context& context, LoginAttempt& attempt, std::uint32_t cseq, sip::Message& response) {
    if (response.status() != 401 && response.status() != 407) return false;
    auto& known = context.challenges[attempt.peer];
    const auto challenges = sip::challenges_of(response);
    const auto* challenge = choose(challenges, *attempt.login, known);
    if (!challenge) return false;
    if (attempt.answered > 1 || (attempt.answered == 1 && !challenge->stale)) {
        base::log::warning("peer_login_refused", base::log::Fields("peer", attempt.peer)("realm", challenge->realm));
        context.refused(base::Reason::login_refused);
        known.challenge.reset();
        response.set_status(base::sip_status_of(base::Reason::login_refused));
        response.remove(HeaderName::www_authenticate);
        response.remove(HeaderName::proxy_authenticate);
        return false;
    }
    ++attempt.answered;
    if (known.realm.empty()) known.realm = challenge->realm;
    known = {known.realm, *challenge, sip::answer_to(response.status()), context.entropy.token(kCnonceCharacters), 0};
    for (const auto id : kBothCredentials) attempt.request.remove(id);
    attempt.request.set(HeaderName::cseq, std::to_string(cseq) + " " + std::string(attempt.request.method_text()));
    put_credentials(known, *attempt.login, attempt.request);
    return true;
}

bool sent_again(Context& context, Call& call, sip::ClientId client, sip::Message& response) {
    auto& exchange = *call.exchange_of(client);
    const bool over = call.state == Call::State::terminating && exchange.method != Method::bye;
    const bool has_dialog = exchange.first ? call.setup != nullptr : exchange.pair != nullptr;
    if (!exchange.login_attempt || response.status() < 300 || over || !has_dialog) return false;
    auto& dialog = exchange.first ? call.setup->far : exchange.pair->dialogs[at(Side::b)];
    if (!answer_challenge(context, *exchange.login_attempt, dialog.local_cseq + 1, response)) return false;
    ++dialog.local_cseq;
    Exchange again = exchange;
    again.timer_c = {};
    if (again.first) again.pair = nullptr;   // what answered before is over with its transaction
    finish_exchange(context, call, client);
    if (again.server.value) context.servers[again.server] = {Owner::Kind::call, call.number.value};
    auto request = again.login_attempt->request.clone();
    send_request(context, call, std::move(again), std::move(request));
    return true;
}

void copy_credentials(const Exchange& invite, sip::Message& ack) {
    if (!invite.login_attempt) return;
    for (const auto id : kBothCredentials)
        if (const auto value = invite.login_attempt->request.value(id); !value.empty()) ack.set(id, value);
}

}  // namespace sbc
