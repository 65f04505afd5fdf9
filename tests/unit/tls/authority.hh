// Certificates made for a test, in memory: an authority, what it signs, and what it does not.
#pragma once

#include <memory>
#include <string>

#include "tls/identity.hh"

struct evp_pkey_st;
struct x509_st;

namespace tls_tests {

struct Names {
    std::string common_name = "somebody";
    std::string alternatives;          // as openssl.cnf writes them: "DNS:a.example,URI:sip:b.example"
};

class Authority {
 public:
    Authority();
    std::string certificate() const;   // PEM
    // PEM of a certificate and its key.
    std::pair<std::string, std::string> issue(const Names& names) const;
    std::shared_ptr<const tls::Identity> identity(const Names& names) const;
    std::shared_ptr<const tls::Trust> trust() const;

 private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> own_;
};

}  // namespace tls_tests
