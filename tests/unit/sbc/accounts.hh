// What the tests of passwords share: files with secrets, a policy with a carrier, a phone that answers a challenge.
#pragma once

#include <cppunit/TestAssert.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sip/digest.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

inline constexpr std::string_view kCarrier = "203.0.113.70:5060";

// A file that nobody else may read, until the end of the test.
class Secret {
 public:
    explicit Secret(const std::string& text) : path_((std::filesystem::temp_directory_path() / "sallyport-secret-XXXXXX").string()) {
        const int file = mkstemp(path_.data());
        CPPUNIT_ASSERT(file >= 0);
        CPPUNIT_ASSERT(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(file);
    }
    ~Secret() { std::filesystem::remove(path_); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

// Everything from inside goes to the carrier, where we have an account.
inline std::string carrier_policy(const Secret& password, const std::string& more = {}) {
    return "[peers.carrier]\nzone = \"outside\"\nuri = \"sip:203.0.113.70:5060\"\n[peers.carrier.auth]\nuser = \"acme\"\n"
           "password_file = \"" + password.path() + "\"\n" + more + "[[routes]]\nname = \"out\"\nfrom = \"inside\"\nto = \"carrier\"\n";
}

// The challenge put on a response, and who reads the answer to it.
inline sip::Challenge challenge(std::string_view realm, std::string_view nonce, base::HashName hash = base::HashName::md5) {
    sip::Challenge made;
    made.realm = realm;
    made.nonce = nonce;
    made.hash = hash;
    made.auth = true;
    return made;
}

inline sip::Message challenged(std::string_view peer, const sip::Message& request, int status,
                               std::initializer_list<sip::Challenge> challenges) {
    auto response = Ladder::answer(peer, request, status, "challenger");
    for (const auto& one : challenges)
        response.add(status == 407 ? sip::HeaderName::proxy_authenticate : sip::HeaderName::www_authenticate, one.to_string());
    return response;
}

inline std::optional<sip::Credentials> credentials_in(const sip::Message& request,
                                                      sip::HeaderName id = sip::HeaderName::authorization) {
    return request.has(id) ? sip::parse_credentials(request.value(id)) : std::nullopt;
}

inline bool proves(const sip::Message& request, std::string_view password,
                   sip::HeaderName id = sip::HeaderName::authorization) {
    const auto given = credentials_in(request, id);
    if (!given || given->uri != request.request_uri()) return false;
    const auto secret = sip::secret_of(given->hash, given->username, given->realm, password);
    return given->response == sip::response_for(*given, secret, request.method_text(), request.body());
}

// A phone's next request: the same with a new branch and CSeq, and with the password.
inline sip::Message with_password(const sip::Message& request, const sip::Challenge& asked, std::string_view user,
                                  std::string_view password, std::uint32_t nc = 1) {
    static unsigned branches = 0;
    auto again = request.clone();
    std::string via(request.value(sip::HeaderName::via));
    via.replace(via.find("z9hG4bK"), 7, "z9hG4bKpw" + std::to_string(++branches));
    again.set(sip::HeaderName::via, via);
    again.set(sip::HeaderName::cseq, std::to_string(request.cseq() + branches) + " " + std::string(request.method_text()));
    auto given = sip::credentials_for(asked, user, request.request_uri());
    sip::complete(given, nc, "c0ffee");
    given.response = sip::response_for(given, sip::secret_of(asked.hash, user, asked.realm, password), request.method_text(),
                                       request.body());
    again.set(sip::HeaderName::authorization, given.to_string());
    return again;
}

}  // namespace sbc::test
