#include "tls/context.hh"

#include <openssl/rand.h>

#include "tls/openssl.hh"

namespace tls {
namespace {

constexpr long kLongestChain = 32 * 1024;     // bytes of the certificates that a peer may show

bool show(SSL_CTX* settings, const Identity& identity) {
    const auto& chain = identity.chain();
    if (SSL_CTX_use_certificate(settings, chain.front().get()) != 1) return false;
    if (SSL_CTX_use_PrivateKey(settings, identity.key()) != 1) return false;
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(settings, chain[i].get()) != 1) return false;
    return true;
}

// Each identity alone must be one that OpenSSL would show: keys that are too short are found here.
bool all_can_be_shown(const Rules& rules) {
    for (const auto& identity : rules.identities) {
        const SslContext trial(SSL_CTX_new(TLS_method()));
        if (!trial || !show(trial.get(), *identity)) return false;
    }
    return true;
}

// The names of the authorities too, so that a client knows which of its certificates is wanted.
bool believe(SSL_CTX* settings, const Rules& rules, Role role) {
    if (!rules.trust) return rules.verify == Verify::none || SSL_CTX_set_default_verify_paths(settings) == 1;
    X509_STORE* const store = SSL_CTX_get_cert_store(settings);
    for (const auto& authority : rules.trust->authorities()) {
        if (X509_STORE_add_cert(store, authority.get()) != 1) return false;
        if (role == Role::server && SSL_CTX_add_client_CA(settings, authority.get()) != 1) return false;
    }
    return true;
}

void set_habits(SSL_CTX* settings) {
    SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);   // tickets carry sessions, not we
    SSL_CTX_set_max_cert_list(settings, kLongestChain);
}

// Tickets of one context are worth nothing at another: not every zone asks for the same certificates.
bool set_name(SSL_CTX* settings) {
    unsigned char name[16];
    return RAND_bytes(name, sizeof name) == 1 && SSL_CTX_set_session_id_context(settings, name, sizeof name) == 1;
}

int verify_mode(const Rules& rules) {
    switch (rules.verify) {
        case Verify::none: return SSL_VERIFY_NONE;
        case Verify::request: return SSL_VERIFY_PEER;
        case Verify::require: return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    return SSL_VERIFY_PEER;
}

bool set_up(SSL_CTX* settings, const Rules& rules, Role role) {
    const int least = rules.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    const char* const ciphers = rules.ciphers.empty() ? kCiphers : rules.ciphers.c_str();
    if (SSL_CTX_set_min_proto_version(settings, least) != 1 || SSL_CTX_set_cipher_list(settings, ciphers) != 1)
        return false;
    set_habits(settings);
    SSL_CTX_set_verify(settings, verify_mode(rules), nullptr);
    if (!rules.identities.empty() && !show(settings, *rules.identities.front())) return false;
    return all_can_be_shown(rules) && believe(settings, rules, role) && set_name(settings);
}

}  // namespace

Context::Context(Role role, const Rules& rules, std::shared_ptr<SSL_CTX> settings)
    : role_(role), rules_(rules), settings_(std::move(settings)) {}

std::shared_ptr<const Context> Context::make(Role role, const Rules& rules, std::string& fault) {
    ERR_clear_error();
    std::shared_ptr<SSL_CTX> settings(SSL_CTX_new(role == Role::server ? TLS_server_method() : TLS_client_method()),
                                      SSL_CTX_free);
    if (settings && set_up(settings.get(), rules, role))
        return std::make_shared<const Context>(role, rules, std::move(settings));
    fault = last_words();
    return nullptr;
}

}  // namespace tls
