// Digest access authentication: challenges and credentials as values, and what proves a password without saying it
// (RFC 3261, 22; RFC 7616; RFC 8760). Whom to ask and whom to answer is decided elsewhere. Not supported: RFC 2069's
// credentials without qop as an answer to a challenge with it; hashed user names (userhash is never offered by us, and
// a challenge that offers it is answered with the plain name, as 3.4.4 of RFC 7616 allows); username*.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hh"
#include "sip/message.hh"

namespace sip {

enum class Qop : std::uint8_t { none, auth, auth_int };

// All texts as they stand between the quotes.
struct Challenge {
    std::string realm, nonce;
    std::optional<std::string> opaque;
    base::HashName hash = base::HashName::md5;
    bool session = false;              // the -sess variant
    bool stale = false;
    bool auth = false, auth_int = false;   // what qop offers; neither: RFC 2069's kind

    std::string to_string() const;
};

struct Credentials {
    std::string username, realm, nonce, uri, response, cnonce;
    std::string nc;                    // eight hexadecimal digits as they came
    std::optional<std::string> opaque;
    base::HashName hash = base::HashName::md5;
    bool session = false;
    Qop qop = Qop::none;

    std::string to_string() const;
    std::optional<std::uint32_t> nonce_count() const;
};

// The Digest challenges of a 401 or 407 that we could answer: of an algorithm that we know, well-formed, at most eight.
std::vector<Challenge> challenges_of(const Message& response);
// Where the credentials for that challenge stand: Authorization or Proxy-Authorization.
HeaderName answer_to(int status);

// Of one Authorization or Proxy-Authorization value; nothing where it is malformed, or not Digest.
std::optional<Credentials> parse_credentials(std::string_view value);

// Whose credentials a header's value holds; empty where it cannot be told.
std::string_view realm_of(std::string_view value);

// H(A1) without session: what may be kept in place of a password.
std::string secret_of(base::HashName hash, std::string_view user, std::string_view realm, std::string_view password);

// What the response must be, from H(A1) of `secret_of`.
std::string response_for(const Credentials& credentials, std::string_view secret, std::string_view method,
                         std::string_view body);

// Who answers: the credentials without a response, from the challenge.
Credentials credentials_for(const Challenge& challenge, std::string_view user, std::string_view uri);
// `nc` and `cnonce` for each use of the nonce; then the response.
void complete(Credentials& credentials, std::uint32_t nc, std::string_view cnonce);

}  // namespace sip
