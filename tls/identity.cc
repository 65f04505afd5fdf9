#include "tls/identity.hh"

#include <openssl/pem.h>

#include "tls/openssl.hh"

namespace tls {
namespace {

std::vector<std::shared_ptr<X509>> certificates_in(std::string_view text) {
    std::vector<std::shared_ptr<X509>> found;
    const Bio bio = read_only(text);
    while (X509* const one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
        found.emplace_back(one, X509_free);
    ERR_clear_error();
    return found;
}

// A key with a passphrase is none that a daemon could read: nobody is asked.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::shared_ptr<const Identity> Identity::parse(std::string_view certificates, std::string_view key, Fault& fault) {
    const std::shared_ptr<Identity> identity(new Identity);
    identity->chain_ = certificates_in(certificates);
    if (identity->chain_.empty()) {
        fault = {false, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"};
        return nullptr;
    }
    const Bio bio = read_only(key);
    identity->key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
    ERR_clear_error();
    if (!identity->key_) {
        fault = {true, "holds no private key in PEM without a passphrase (-----BEGIN PRIVATE KEY-----)"};
        return nullptr;
    }
    if (X509_check_private_key(identity->chain_.front().get(), identity->key_.get()) != 1) {
        ERR_clear_error();
        fault = {true, "is not the key of the first certificate"};
        return nullptr;
    }
    return identity;
}

std::shared_ptr<const Trust> Trust::parse(std::string_view certificates, std::string& fault) {
    const std::shared_ptr<Trust> trust(new Trust);
    trust->authorities_ = certificates_in(certificates);
    if (!trust->authorities_.empty()) return trust;
    fault = "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
    return nullptr;
}

}  // namespace tls
