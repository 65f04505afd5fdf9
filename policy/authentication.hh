// Whom we ask for a password, and where we give one (RFC 3261, 22). Compiled from `auth` of zones, access rules and
// peers. Secrets live here and are never printed.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/text.hh"
#include "base/time.hh"
#include "policy/place.hh"
#include "policy/routing.hh"
#include "base/hash.hh"

namespace policy {

// The users of one realm: H(user:realm:password) for each algorithm.
class Users {
 public:
    // Null for one whom nobody knows, or of whom this algorithm is not known.
    const std::string* secret(std::string_view user, base::HashName hash) const;
    // False: it was there before.
    bool put(std::string_view user, base::HashName hash, std::string secret);
    const auto& all() const { return secrets_; }

 private:
    std::unordered_map<std::string, std::array<std::string, base::kHashNames>, base::TextHash, std::equal_to<>> secrets_;
};

// What a zone or an access rule asks of those who send outside of a dialog.
struct Authentication {
    Place place;
    std::string realm;
    Users users;
    std::vector<std::string> methods{"REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH"};
    std::vector<base::HashName> algorithms{base::HashName::sha256, base::HashName::md5};   // the strongest first
    bool integrity = false;      // qop=auth-int is offered too
    bool match_user = true;      // From (and To of a REGISTER) name the one who proved who he is

    bool asks(std::string_view method) const;
};

// Our account at a peer.
struct PeerLogin {
    std::string user, password;
    std::string realm;           // empty: the first that the peer asks for
    std::vector<base::HashName> algorithms{base::HashName::sha512_256, base::HashName::sha256, base::HashName::md5};
    bool registers = false;
    std::string aor;             // a SIP URI; empty: user at the peer's host
    std::string contact_user;    // empty: user
    base::Duration expires{std::chrono::hours(1)};
    base::Duration interval{std::chrono::seconds(30)};   // after the first failure; doubled after each (RFC 5626, 4.5)
    friend bool operator==(const PeerLogin&, const PeerLogin&) = default;
};

// Whose password the sender of a request is asked for, if its method is asked at all: the access rule's that lets it in,
// else its zone's, which asks everybody but configured peers. Null: nobody's.
const Authentication* authentication_of(const Snapshot& snapshot, const Facts& facts);

}  // namespace policy
