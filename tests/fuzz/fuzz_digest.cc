// Fuzzes what reads challenges and credentials from the network. Beyond "no crash": what is read can be written and
// reads the same again, and no value that is written could begin a line of its own or leave its quotes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/auth_parameters.hh"
#include "sip/digest.hh"
#include "sip/nonces.hh"

namespace {

void promise(bool kept) {
    if (!kept) std::abort();
}

// The value of one header, as the guard and the parser let it through.
bool can_stand_in_a_header(std::string_view text) { return sip::is_safe_value(text); }

void read_challenges(std::string_view text) {
    auto response = sip::Message::response(401);
    response.add(sip::HeaderName::www_authenticate, text);
    const auto challenges = sip::challenges_of(response);
    promise(challenges.size() <= 8);
    for (const auto& challenge : challenges) {
        const auto written = challenge.to_string();
        promise(can_stand_in_a_header(written));
        auto again = sip::Message::response(401);
        again.add(sip::HeaderName::www_authenticate, written);
        const auto read = sip::challenges_of(again);
        promise(read.size() == 1 && read.front().to_string() == written && read.front().realm == challenge.realm);
        auto answer = sip::credentials_for(challenge, "user", "sip:example");
        sip::complete(answer, 1, "cnonce");
        answer.response = sip::response_for(answer, "secret", "INVITE", "body");
        const auto given = sip::parse_credentials(answer.to_string());
        promise(given && given->response == answer.response && given->nonce == challenge.nonce);
    }
}

void read_credentials(std::string_view text) {
    const auto given = sip::parse_credentials(text);
    sip::realm_of(text);
    if (!given) return;
    promise(sip::realm_of(text) == given->realm);
    const auto written = given->to_string();
    promise(can_stand_in_a_header(written));
    const auto again = sip::parse_credentials(written);
    promise(again && again->to_string() == written);
    promise(sip::response_for(*again, "secret", "INVITE", {}) == sip::response_for(*given, "secret", "INVITE", {}));
    static sip::Nonces nonces(base::Key256{}, 16);
    const base::Address address;
    promise(nonces.use(given->nonce, given->nonce_count().value_or(0), {given->realm, address}, base::Time{}) !=
                sip::Nonces::Verdict::good ||
            nonces.remembered() <= 16);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (!can_stand_in_a_header(text)) return 0;
    read_challenges(text);
    read_credentials(text);
    return 0;
}
