#include "tls/session.hh"

#include <array>
#include <new>
#include <optional>

#include "base/address.hh"
#include "tls/names.hh"
#include "tls/openssl.hh"

namespace tls {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kRecordHeader = 5;         // RFC 8446, 5.1: type, version, length
constexpr char kHandshake = 22;

// Of a client's first record, as far as it is here. Nothing: no TLS client begins so.
std::optional<bool> is_complete(std::string_view record) {
    if (!record.empty() && record[0] != kHandshake) return std::nullopt;
    if (record.size() < kRecordHeader) return false;
    const auto length = std::size_t{static_cast<unsigned char>(record[3])} << 8 | static_cast<unsigned char>(record[4]);
    if (length > kRecordBytes) return std::nullopt;
    return record.size() >= kRecordHeader + length;
}

// Called with each certificate of the server's chain: the last one is its own, and must be whom we wanted (RFC 5922, 7.3).
int check_server(int good, X509_STORE_CTX* store) {
    if (good != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return good;
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* const wanted = static_cast<const std::string*>(SSL_get_app_data(ssl));
    const X509* const certificate = X509_STORE_CTX_get_current_cert(store);
    if (wanted && certificate && identifies(*certificate, *wanted)) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

// The certificate that the client asked for by name, else the one that the context shows to everybody.
int choose_identity(SSL* ssl, void* rules_of_context) {
    const auto& rules = *static_cast<const Rules*>(rules_of_context);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name || rules.identities.size() < 2) return 1;
    for (const auto& identity : rules.identities) {
        X509* const certificate = identity->chain().front().get();
        if (X509_check_host(certificate, name, 0, 0, nullptr) != 1 && !identifies(*certificate, name)) continue;
        SSL_certs_clear(ssl);
        if (SSL_use_certificate(ssl, certificate) != 1 || SSL_use_PrivateKey(ssl, identity->key()) != 1) return 0;
        for (std::size_t i = 1; i < identity->chain().size(); ++i)
            if (SSL_add1_chain_cert(ssl, identity->chain()[i].get()) != 1) return 0;
        return 1;
    }
    return 1;
}

bool is_name(const std::string& text) { return !text.empty() && !base::Address::parse(text); }

}  // namespace

Session::Session(std::shared_ptr<const Context> context, std::string peer_name)
    : context_(std::move(context)), peer_name_(std::move(peer_name)), ssl_(nullptr, SSL_free) {
    if (context_->role() == Role::client) begin();
}

// OpenSSL takes some 70 KB for a handshake that has begun: more than a stranger gets for a few bytes.
void Session::begin() {
    ssl_.reset(SSL_new(context_->settings()));
    SSL* const ssl = ssl_.get();
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out) throw std::bad_alloc();
    SSL_set_bio(ssl, in, out);
    if (context_->role() == Role::server) {
        SSL_set_cert_cb(ssl, choose_identity, const_cast<Rules*>(&context_->rules()));
        SSL_set_accept_state(ssl);
        return;
    }
    SSL_set_app_data(ssl, &peer_name_);
    if (context_->rules().verify != Verify::none) SSL_set_verify(ssl, SSL_VERIFY_PEER, check_server);
    if (is_name(peer_name_)) SSL_set_tlsext_host_name(ssl, peer_name_.c_str());
    SSL_set_connect_state(ssl);
}

Session::~Session() = default;

void Session::start() { (void)shake_hands(); }

bool Session::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) return fail(result);
    established_ = true;
    return true;
}

// True where it is no failure, only not enough yet.
bool Session::fail(int result) {
    const int what = SSL_get_error(ssl_.get(), result);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) return true;
    if (what == SSL_ERROR_ZERO_RETURN) {
        end_ = End::closed;
        return false;
    }
    const long verdict = SSL_get_verify_result(ssl_.get());
    end_ = verdict == X509_V_OK ? End::failed : End::untrusted;
    why_ = last_words();
    if (end_ == End::untrusted) why_ = X509_verify_cert_error_string(verdict);
    return false;
}

bool Session::receive(std::string_view wire, std::string& plain) {
    if (end_ != End::none) return false;
    if (!ssl_) {
        hello_ += wire;
        const auto complete = is_complete(hello_);
        if (!complete) {
            end_ = End::failed;
            why_ = "not TLS";
            return false;
        }
        if (!*complete) return true;
        begin();
        wire = hello_;
    }
    BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
    hello_ = {};
    if (!established_ && (!shake_hands() || !established_)) return end_ == End::none;
    std::array<char, kRecordBytes> chunk;
    ERR_clear_error();
    for (;;) {
        const int count = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()));
        if (count <= 0) return fail(count);
        plain.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

bool Session::send(std::string_view plain) {
    if (!established_ || end_ != End::none) return false;
    ERR_clear_error();
    while (!plain.empty()) {
        const int count = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
        if (count <= 0) return false;      // a BIO in memory takes everything
        plain.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void Session::close() {
    if (established_ && end_ == End::none) (void)SSL_shutdown(ssl_.get());
}

std::string Session::take_outgoing() {
    if (!ssl_) return {};
    BIO* const out = SSL_get_wbio(ssl_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

bool Session::has_partial() const {
    return !established_ || SSL_has_pending(ssl_.get()) == 1 || BIO_ctrl_pending(SSL_get_rbio(ssl_.get())) > 0;
}

bool Session::peer_is(std::string_view domain_or_address) const {
    if (!established_) return false;
    const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    return certificate && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE &&
           SSL_get_verify_result(ssl_.get()) == X509_V_OK && identifies(*certificate, domain_or_address);
}

std::string Session::server_name() const {
    const char* const name = ssl_ ? SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
    return name ? name : "";
}

}  // namespace tls
