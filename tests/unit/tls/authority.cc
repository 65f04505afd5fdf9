#include "tests/unit/tls/authority.hh"

#include <cppunit/TestAssert.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tls_tests {
namespace {

std::shared_ptr<EVP_PKEY> new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    return text;
}

std::string pem_of(X509* certificate) {
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return text_of(bio);
}

std::shared_ptr<X509> certificate_of(EVP_PKEY* key, const Names& names, X509* issuer, EVP_PKEY* signer) {
    std::shared_ptr<X509> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(names.common_name.data()),
                               static_cast<int>(names.common_name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer ? issuer : certificate.get()));
    const auto extend = [&](int what, const std::string& value) {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
        CPPUNIT_ASSERT_MESSAGE(value, extension);
        X509_add_ext(certificate.get(), extension, -1);
        X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
    if (!names.alternatives.empty()) extend(NID_subject_alt_name, names.alternatives);
    X509_sign(certificate.get(), signer, EVP_sha256());
    return certificate;
}

}  // namespace

Authority::Authority() : key_(new_key()), own_(certificate_of(key_.get(), {"authority", {}}, nullptr, key_.get())) {}

std::string Authority::certificate() const { return pem_of(own_.get()); }

std::pair<std::string, std::string> Authority::issue(const Names& names) const {
    const auto key = new_key();
    const auto certificate = certificate_of(key.get(), names, own_.get(), key_.get());
    BIO* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {pem_of(certificate.get()), text_of(bio)};
}

std::shared_ptr<const tls::Identity> Authority::identity(const Names& names) const {
    const auto [certificate, key] = issue(names);
    tls::Identity::Fault fault;
    auto identity = tls::Identity::parse(certificate, key, fault);
    CPPUNIT_ASSERT_MESSAGE(fault.text, identity);
    return identity;
}

std::shared_ptr<const tls::Trust> Authority::trust() const {
    std::string fault;
    return tls::Trust::parse(certificate(), fault);
}

}  // namespace tls_tests
