// What all sessions of one zone, or towards one peer, have in common: versions, ciphers, our certificates, whom we
// believe. Built once from the policy's rules and never changed, so that every worker may use it; a new policy brings
// new ones, and sessions keep the one that they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tls/identity.hh"

struct ssl_ctx_st;

namespace tls {

enum class Role : std::uint8_t { server, client };

// Of the other side's certificate. `request`: it may have none, but one that it shows must be good.
enum class Verify : std::uint8_t { none, request, require };

struct Rules {
    std::vector<std::shared_ptr<const Identity>> identities;   // the first for who asks for none of the others
    std::shared_ptr<const Trust> trust;                        // null: the host's own authorities
    Verify verify = Verify::none;
    bool only_1_3 = false;
    std::string ciphers;                                       // of TLS 1.2; empty: kCiphers
};

// With forward secrecy and authenticated encryption.
inline constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";

class Context {
 public:
    // Null where OpenSSL refuses something, with its words in `fault`.
    static std::shared_ptr<const Context> make(Role role, const Rules& rules, std::string& fault);
    Context(Role role, const Rules& rules, std::shared_ptr<ssl_ctx_st> settings);

    Role role() const { return role_; }
    const Rules& rules() const { return rules_; }
    ssl_ctx_st* settings() const { return settings_.get(); }

 private:
    Role role_;
    Rules rules_;
    std::shared_ptr<ssl_ctx_st> settings_;
};

}  // namespace tls
