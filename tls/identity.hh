// Certificates and keys as they come from PEM files: read and checked once, then shared by all who present or trust
// them. No files are touched here, and nothing of a key can be got out again but by OpenSSL itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace tls {

// What we show: a certificate, the chain above it, the key that belongs to it.
class Identity {
 public:
    // What is wrong, in words for who wrote the policy; and in which of the two texts.
    struct Fault {
        bool in_key = false;
        std::string text;
    };
    // Null where something is wrong.
    static std::shared_ptr<const Identity> parse(std::string_view certificates, std::string_view key, Fault& fault);

    // The certificate first, then those above it.
    const std::vector<std::shared_ptr<x509_st>>& chain() const { return chain_; }
    evp_pkey_st* key() const { return key_.get(); }

 private:
    Identity() = default;
    std::vector<std::shared_ptr<x509_st>> chain_;
    std::shared_ptr<evp_pkey_st> key_;
};

// Whom we believe: the certificates of authorities.
class Trust {
 public:
    static std::shared_ptr<const Trust> parse(std::string_view certificates, std::string& fault);

    const std::vector<std::shared_ptr<x509_st>>& authorities() const { return authorities_; }

 private:
    Trust() = default;
    std::vector<std::shared_ptr<x509_st>> authorities_;
};

}  // namespace tls
