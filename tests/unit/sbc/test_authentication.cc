// Phones that must prove who they are: who gets in, what strangers hear, and that nothing of it reaches the PBX.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/accounts.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using base::HashName;
using sip::HeaderName;
using sip::Message;
using sip::Method;

struct Realm {
    explicit Realm(const std::string& more = {})
        : users("ann:lab:password:wonder\nbob:lab:password:builder\n"),
          ladder("[zones.outside.auth]\nrealm = \"lab\"\nusers_file = \"" + users.path() + "\"\n" + more) {}
    Secret users;
    Ladder ladder;

    Message register_as(std::string_view user) {
        auto request = ladder.request(kOutside, "REGISTER", "sip:203.0.113.1");
        for (const auto id : {HeaderName::from, HeaderName::to})
            request.set(id, "<sip:" + std::string(user) + "@lab.example>" + (id == HeaderName::from ? ";tag=f" : ""));
        return request;
    }
    sip::Challenge ask(const Message& request, HashName hash = HashName::md5) {
        ladder.from(kOutside, request);
        return challenge_in(ladder.to(kOutside), hash);
    }
    static sip::Challenge challenge_in(const Message& response, HashName hash = HashName::md5) {
        CPPUNIT_ASSERT_EQUAL(401, response.status());
        for (const auto& one : sip::challenges_of(response))
            if (one.hash == hash) return one;
        CPPUNIT_FAIL("no such challenge");
        return {};
    }
    std::uint64_t refused(base::Reason why) { return ladder.b2bua().refusals()[static_cast<std::size_t>(why)]; }
};

}  // namespace

class TestAuthentication : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestAuthentication);
    CPPUNIT_TEST(a_phone_proves_itself_and_its_credentials_stay_here);
    CPPUNIT_TEST(the_strongest_algorithm_stands_first);
    CPPUNIT_TEST(a_challenge_leaves_nothing_behind);
    CPPUNIT_TEST(a_call_is_asked_with_401_and_what_follows_in_it_is_not);
    CPPUNIT_TEST(wrong_passwords_and_unknown_users_hear_the_same);
    CPPUNIT_TEST(an_old_nonce_is_stale_and_costs_no_password);
    CPPUNIT_TEST(a_replay_is_refused_and_a_retransmission_is_not);
    CPPUNIT_TEST(nobody_speaks_for_others);
    CPPUNIT_TEST(proof_for_one_number_is_none_for_another);
    CPPUNIT_TEST(what_was_not_offered_is_not_taken);
    CPPUNIT_TEST(a_body_is_proved_where_the_policy_offers_it);
    CPPUNIT_TEST(credentials_for_another_realm_pass);
    CPPUNIT_TEST(options_are_answered_unasked);
    CPPUNIT_TEST(ack_and_cancel_are_never_asked);
    CPPUNIT_TEST(basic_is_neither_offered_nor_taken);
    CPPUNIT_TEST_SUITE_END();

    void a_phone_proves_itself_and_its_credentials_stay_here() {
        Realm realm;
        const auto request = realm.register_as("ann");
        for (const auto hash : {HashName::md5, HashName::sha256}) {
            const auto asked = realm.ask(request, hash);
            CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
            realm.ladder.from(kOutside, with_password(request, asked, "ann", "wonder"));
            const auto far = realm.ladder.to(kPbx);
            CPPUNIT_ASSERT(far.method() == Method::register_ && !far.has(HeaderName::authorization));
            realm.ladder.from(kPbx, Ladder::answer(kPbx, far, 403, "x"));
            CPPUNIT_ASSERT_EQUAL(403, realm.ladder.to(kOutside).status());
        }
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, realm.refused(base::Reason::credentials_missing));
    }

    void the_strongest_algorithm_stands_first() {
        Realm realm;
        realm.ladder.from(kOutside, realm.register_as("ann"));
        const auto challenges = sip::challenges_of(realm.ladder.to(kOutside));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, challenges.size());
        CPPUNIT_ASSERT(challenges[0].hash == HashName::sha256 && challenges[1].hash == HashName::md5);
        CPPUNIT_ASSERT_EQUAL(challenges[0].nonce, challenges[1].nonce);
    }

    void a_challenge_leaves_nothing_behind() {
        Realm realm;
        for (int i = 0; i < 100; ++i) realm.ladder.from(kOutside, realm.ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        const auto totals = realm.ladder.b2bua().totals();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, totals.transactions + totals.calls + totals.remains);
        for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(401, realm.ladder.to(kOutside).status());
        realm.ladder.pass(40s);
        CPPUNIT_ASSERT(realm.ladder.quiet(kOutside));   // asked once, never repeated
    }

    void a_call_is_asked_with_401_and_what_follows_in_it_is_not() {
        Realm realm;
        auto& ladder = realm.ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        const auto asked = realm.ask(invite);
        const auto again = with_password(invite, asked, "ann", "wonder");
        ladder.from(kOutside, again);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(!far.has(HeaderName::authorization));
        ladder.from(kPbx, Ladder::answer(kPbx, far, 200, "pbx", description(kPbx, 6000)));
        ladder.acknowledge();
        const auto ok = ladder.to(kOutside);
        auto ack = ladder.within(again, ok, "ACK");
        ack.set(HeaderName::authorization, again.value(HeaderName::authorization));
        ladder.from(kOutside, ack);
        CPPUNIT_ASSERT(!ladder.to(kPbx).has(HeaderName::authorization));
        auto bye = ladder.within(again, ok, "BYE");
        bye.set(HeaderName::authorization, again.value(HeaderName::authorization));
        ladder.from(kOutside, bye);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto far_bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(far_bye.method() == Method::bye && !far_bye.has(HeaderName::authorization));
        ladder.from(kPbx, Ladder::answer(kPbx, far_bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    // All that a stranger could compare, with what must differ by nature (the nonce) taken out.
    static std::string told(const Message& response) {
        std::string text = std::to_string(response.status()) + std::string(response.reason_phrase()) + std::string(response.body());
        for (const auto& header : response.headers()) {
            if (header.id == HeaderName::via || header.id == HeaderName::cseq || header.id == HeaderName::call_id ||
                header.id == HeaderName::from || header.id == HeaderName::to)
                continue;
            std::string value(header.value);
            if (const auto nonce = value.find("nonce=\""); nonce != value.npos) value.replace(nonce, 64, "");
            text.append("|").append(header.name).append(":").append(value);
        }
        return text;
    }

    void wrong_passwords_and_unknown_users_hear_the_same() {
        Realm realm;
        const auto known = realm.register_as("ann"), unknown = realm.register_as("nobody");
        realm.ladder.from(kOutside, known);
        const auto first = realm.ladder.to(kOutside);
        for (const auto hash : {HashName::md5, HashName::sha256}) {
            const auto asked = Realm::challenge_in(first, hash);
            realm.ladder.from(kOutside, with_password(known, asked, "ann", "wrong"));
            const auto wrong = told(realm.ladder.to(kOutside));
            realm.ladder.from(kOutside, with_password(unknown, asked, "nobody", "wonder"));
            CPPUNIT_ASSERT_EQUAL(wrong, told(realm.ladder.to(kOutside)));
            CPPUNIT_ASSERT_EQUAL(told(first), wrong);
        }
        // The secret that stands in for those whom nobody knows opens nothing.
        auto asked = Realm::challenge_in(first);
        auto given = sip::credentials_for(asked, "nobody", unknown.request_uri());
        sip::complete(given, 1, "c");
        given.response = sip::response_for(given, std::string(32, '0'), "REGISTER", {});
        auto forged = unknown.clone();
        forged.set(HeaderName::authorization, given.to_string());
        realm.ladder.from(kOutside, forged);
        CPPUNIT_ASSERT_EQUAL(401, realm.ladder.to(kOutside).status());
        CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, realm.refused(base::Reason::credentials_wrong));
    }

    void an_old_nonce_is_stale_and_costs_no_password() {
        Realm realm;
        const auto request = realm.register_as("ann");
        const auto asked = realm.ask(request);
        realm.ladder.pass(10min);
        realm.ladder.from(kOutside, with_password(request, asked, "ann", "wrong"));
        CPPUNIT_ASSERT(!Realm::challenge_in(realm.ladder.to(kOutside)).stale);   // says nothing to who knows nothing
        realm.ladder.from(kOutside, with_password(request, asked, "ann", "wonder"));
        const auto fresh = Realm::challenge_in(realm.ladder.to(kOutside));
        CPPUNIT_ASSERT(fresh.stale);
        realm.ladder.from(kOutside, with_password(request, fresh, "ann", "wonder"));
        CPPUNIT_ASSERT(realm.ladder.to(kPbx).method() == Method::register_);
    }

    void a_replay_is_refused_and_a_retransmission_is_not() {
        Realm realm;
        const auto request = realm.register_as("ann");
        const auto proved = with_password(request, realm.ask(request), "ann", "wonder");
        realm.ladder.from(kOutside, proved);
        const auto far = realm.ladder.to(kPbx);
        realm.ladder.from(kOutside, proved);                       // lost on its way back
        CPPUNIT_ASSERT(realm.ladder.quiet(kOutside) && realm.ladder.quiet(kPbx));
        auto replay = proved.clone();
        replay.set(HeaderName::via, "SIP/2.0/UDP 203.0.113.20:5060;branch=z9hG4bKeve;rport");
        replay.set(HeaderName::call_id, "another");
        realm.ladder.from(kOutside, replay);
        CPPUNIT_ASSERT(Realm::challenge_in(realm.ladder.to(kOutside)).stale);
        CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, realm.refused(base::Reason::nonce_replayed));
    }

    void nobody_speaks_for_others() {
        Realm realm;
        const auto request = realm.register_as("bob");
        realm.ladder.from(kOutside, with_password(request, realm.ask(request), "ann", "wonder"));
        CPPUNIT_ASSERT_EQUAL(403, realm.ladder.to(kOutside).status());
        CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
        Realm lenient("match_user = false\n");
        const auto other = lenient.register_as("bob");
        lenient.ladder.from(kOutside, with_password(other, lenient.ask(other), "ann", "wonder"));
        CPPUNIT_ASSERT(lenient.ladder.to(kPbx).method() == Method::register_);
    }

    void proof_for_one_number_is_none_for_another() {
        Realm realm;
        const auto invite = realm.ladder.invite(kOutside, "desk", description(kOutside, 4000));
        auto turned = with_password(invite, realm.ask(invite), "ann", "wonder");
        turned.set_request_uri("sip:0900@203.0.113.1");
        realm.ladder.from(kOutside, turned);
        CPPUNIT_ASSERT_EQUAL(401, realm.ladder.to(kOutside).status());
    }

    // RFC 3261, 22.1: neither could be sent again.
    void ack_and_cancel_are_never_asked() {
        Realm realm;
        auto& ladder = realm.ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        const auto asked = ladder.to(kOutside);
        ladder.from(kOutside, Ladder::ack(invite, asked));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        auto again = with_password(invite, Realm::challenge_in(asked), "ann", "wonder");
        ladder.from(kOutside, again);
        ladder.skip(kOutside);
        again.remove(HeaderName::authorization);
        ladder.from(kOutside, Ladder::cancel(again));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(487, refused.status());
        ladder.from(kOutside, Ladder::ack(again, refused));
        ladder.pass(3s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    // 22, 22.4
    void basic_is_neither_offered_nor_taken() {
        Realm realm;
        auto request = realm.register_as("ann");
        request.add(HeaderName::authorization, "Basic YW5uOndvbmRlcg==");
        realm.ladder.from(kOutside, request);
        const auto asked = realm.ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(401, asked.status());
        std::size_t challenges = 0;
        for (const auto& header : asked.headers()) {
            if (header.id != HeaderName::www_authenticate) continue;
            ++challenges;   // each in a line of its own (20.44)
            CPPUNIT_ASSERT(header.value.starts_with("Digest ") && header.value.rfind("Digest ") == 0);
            CPPUNIT_ASSERT(header.value.find("qop=\"auth\"") != std::string_view::npos);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, challenges);
        CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
    }

    void what_was_not_offered_is_not_taken() {
        Realm realm("algorithms = [\"SHA-256\"]\n");
        const auto request = realm.register_as("ann");
        auto asked = realm.ask(request, HashName::sha256);
        for (int variant = 0; variant < 4; ++variant) {
            auto bent = asked;
            if (variant == 0) bent.hash = HashName::md5;
            if (variant == 1) bent.session = true;
            if (variant == 2) bent.auth = false;                          // RFC 2069's
            if (variant == 3) bent.auth = false, bent.auth_int = true;
            realm.ladder.from(kOutside, with_password(request, bent, "ann", "wonder"));
            CPPUNIT_ASSERT_EQUAL(401, realm.ladder.to(kOutside).status());
        }
        CPPUNIT_ASSERT(realm.ladder.quiet(kPbx));
    }

    void a_body_is_proved_where_the_policy_offers_it() {
        Realm realm("integrity = true\n");
        auto message = realm.ladder.request(kOutside, "MESSAGE", "sip:desk@203.0.113.1");
        message.set_body("hello", "text/plain");
        auto asked = realm.ask(message);
        CPPUNIT_ASSERT(asked.auth && asked.auth_int);
        asked.auth = false;
        auto good = with_password(message, asked, "ann", "wonder", 1), changed = with_password(message, asked, "ann", "wonder", 2);
        changed.set_body("hellO", "text/plain");
        realm.ladder.from(kOutside, changed);
        CPPUNIT_ASSERT_EQUAL(401, realm.ladder.to(kOutside).status());
        realm.ladder.from(kOutside, good);
        CPPUNIT_ASSERT(realm.ladder.to(kPbx).method() == Method::message);
    }

    void credentials_for_another_realm_pass() {
        Realm realm;
        const auto request = realm.register_as("ann");
        auto proved = with_password(request, realm.ask(request), "ann", "wonder");
        const auto others = with_password(request, challenge("pbx.example", "n"), "ann", "inner");
        proved.add(HeaderName::authorization, others.value(HeaderName::authorization));
        realm.ladder.from(kOutside, proved);
        CPPUNIT_ASSERT_EQUAL(std::string(others.value(HeaderName::authorization)),
                             std::string(realm.ladder.to(kPbx).value(HeaderName::authorization)));
    }

    void options_are_answered_unasked() {
        Realm realm;
        realm.ladder.from(kOutside, realm.ladder.request(kOutside, "OPTIONS", "sip:203.0.113.1"));
        CPPUNIT_ASSERT_EQUAL(200, realm.ladder.to(kOutside).status());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestAuthentication);

}  // namespace sbc::test
