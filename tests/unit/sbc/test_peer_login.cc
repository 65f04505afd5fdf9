// Our account at a carrier: its challenges are answered without the caller's knowledge, and those of nobody else are.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/accounts.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using base::HashName;
using sip::HeaderName;
using sip::Message;
using sip::Method;

struct Trunk {
    explicit Trunk(const std::string& more = {}) : password("s3cret\n"), ladder(carrier_policy(password, more)) {}
    Secret password;
    Ladder ladder;

    // A call from the PBX, as the carrier sees it first.
    Message call() {
        invite = ladder.invite(kPbx, "0123", description(kPbx, 6000));
        ladder.from(kPbx, *invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        return ladder.to(kCarrier);
    }
    Message challenged_once(const Message& far, int status, std::initializer_list<sip::Challenge> challenges) {
        ladder.from(kCarrier, challenged(kCarrier, far, status, challenges));
        CPPUNIT_ASSERT(ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        return ladder.to(kCarrier);
    }
    Message answered(const Message& far) {
        ladder.from(kCarrier, Ladder::answer(kCarrier, far, 200, "carrier", description(kCarrier, 7000)));
        ladder.acknowledge();
        auto ok = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        ladder.from(kPbx, ladder.within(*invite, ok, "ACK"));
        return ok;
    }
    std::optional<Message> invite;
};

}  // namespace

class TestPeerLogin : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestPeerLogin);
    CPPUNIT_TEST(a_call_is_proved_and_the_caller_hears_nothing);
    CPPUNIT_TEST(further_requests_bring_the_password_along);
    CPPUNIT_TEST(a_bye_that_is_asked_is_sent_again);
    CPPUNIT_TEST(a_reinvite_that_is_asked_is_sent_again);
    CPPUNIT_TEST(the_strongest_algorithm_is_answered);
    CPPUNIT_TEST(stale_is_answered_once_more);
    CPPUNIT_TEST(a_wrong_password_is_tried_once);
    CPPUNIT_TEST(another_realm_crosses);
    CPPUNIT_TEST(the_first_realm_is_kept);
    CPPUNIT_TEST(who_brings_credentials_answers_for_himself);
    CPPUNIT_TEST(a_call_from_the_carrier_is_never_proved);
    CPPUNIT_TEST(a_peer_without_account_is_not_answered);
    CPPUNIT_TEST(a_cancelled_call_is_not_sent_again);
    CPPUNIT_TEST(a_message_is_proved_too);
    CPPUNIT_TEST(a_register_passes);
    CPPUNIT_TEST_SUITE_END();

    void a_call_is_proved_and_the_caller_hears_nothing() {
        for (const int status : {401, 407}) {
            Trunk trunk;
            const auto header = status == 407 ? HeaderName::proxy_authorization : HeaderName::authorization;
            const auto far = trunk.call();
            CPPUNIT_ASSERT(!far.has(header));
            const auto again = trunk.challenged_once(far, status, {challenge("carrier", "n1")});
            CPPUNIT_ASSERT(proves(again, "s3cret", header));
            CPPUNIT_ASSERT_EQUAL(far.cseq() + 1, again.cseq());
            CPPUNIT_ASSERT(far.call_id() == again.call_id() && far.from_tag() == again.from_tag() && far.body() == again.body());
            CPPUNIT_ASSERT(far.value(HeaderName::via) != again.value(HeaderName::via));
            const auto ok = trunk.answered(again);
            const auto ack = trunk.ladder.to(kCarrier);
            CPPUNIT_ASSERT(ack.method() == Method::ack);
            CPPUNIT_ASSERT_EQUAL(again.cseq(), ack.cseq());
            CPPUNIT_ASSERT(ack.value(header) == again.value(header));
            trunk.ladder.from(kPbx, trunk.ladder.within(*trunk.invite, ok, "BYE"));
            trunk.ladder.skip(kPbx);
            const auto bye = trunk.ladder.to(kCarrier);
            CPPUNIT_ASSERT_EQUAL(again.cseq() + 1, bye.cseq());
            CPPUNIT_ASSERT(proves(bye, "s3cret", header));
            trunk.ladder.from(kCarrier, Ladder::answer(kCarrier, bye, 200, {}));
            CPPUNIT_ASSERT(trunk.ladder.is_empty_after(200s));
        }
    }

    void further_requests_bring_the_password_along() {
        Trunk trunk;
        const auto first = trunk.challenged_once(trunk.call(), 401, {challenge("carrier", "n1")});
        CPPUNIT_ASSERT_EQUAL(std::string("00000001"), credentials_in(first)->nc);
        trunk.answered(first);
        trunk.ladder.skip(kCarrier);
        const auto second = trunk.call();
        CPPUNIT_ASSERT(proves(second, "s3cret"));
        CPPUNIT_ASSERT_EQUAL(std::string("00000002"), credentials_in(second)->nc);
        // The nonce is worn out; the carrier does not even say stale.
        const auto again = trunk.challenged_once(second, 401, {challenge("carrier", "n2")});
        CPPUNIT_ASSERT(proves(again, "s3cret"));
        CPPUNIT_ASSERT_EQUAL(std::string("n2"), credentials_in(again)->nonce);
        CPPUNIT_ASSERT_EQUAL(std::string("00000001"), credentials_in(again)->nc);
    }

    void a_bye_that_is_asked_is_sent_again() {
        Trunk trunk;
        const auto far = trunk.call();
        const auto ok = trunk.answered(far);
        trunk.ladder.skip(kCarrier);
        trunk.ladder.from(kPbx, trunk.ladder.within(*trunk.invite, ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, trunk.ladder.to(kPbx).status());
        const auto bye = trunk.ladder.to(kCarrier);
        trunk.ladder.from(kCarrier, challenged(kCarrier, bye, 407, {challenge("carrier", "n")}));
        const auto again = trunk.ladder.to(kCarrier);
        CPPUNIT_ASSERT(again.method() == Method::bye && proves(again, "s3cret", HeaderName::proxy_authorization));
        CPPUNIT_ASSERT_EQUAL(bye.cseq() + 1, again.cseq());
        trunk.ladder.from(kCarrier, Ladder::answer(kCarrier, again, 200, {}));
        CPPUNIT_ASSERT(trunk.ladder.is_empty_after(200s));
    }

    void a_reinvite_that_is_asked_is_sent_again() {
        Trunk trunk;
        const auto ok = trunk.answered(trunk.call());
        trunk.ladder.skip(kCarrier);
        auto hold = trunk.ladder.within(*trunk.invite, ok, "INVITE");
        hold.set_body(description(kPbx, 6000, "sendonly"), "application/sdp");
        trunk.ladder.from(kPbx, hold);
        trunk.ladder.skip(kPbx);
        trunk.ladder.acknowledge();
        const auto again = trunk.challenged_once(trunk.ladder.to(kCarrier), 401, {challenge("carrier", "n")});
        CPPUNIT_ASSERT(proves(again, "s3cret") && again.body().find("sendonly") != std::string::npos);
        trunk.ladder.from(kCarrier, Ladder::answer(kCarrier, again, 200, {}, description(kCarrier, 7000, "recvonly")));
        trunk.ladder.acknowledge();
        const auto held = trunk.ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(200, held.status());
        CPPUNIT_ASSERT_EQUAL(hold.cseq(), held.cseq());
        auto ack = trunk.ladder.within(*trunk.invite, ok, "ACK");
        ack.set(HeaderName::cseq, std::to_string(hold.cseq()) + " ACK");
        trunk.ladder.from(kPbx, ack);
        const auto far_ack = trunk.ladder.to(kCarrier);
        CPPUNIT_ASSERT_EQUAL(again.cseq(), far_ack.cseq());
        CPPUNIT_ASSERT(far_ack.value(HeaderName::authorization) == again.value(HeaderName::authorization));
        trunk.ladder.from(kPbx, trunk.ladder.within(*trunk.invite, ok, "BYE"));
        trunk.ladder.from(kCarrier, Ladder::answer(kCarrier, trunk.ladder.to(kCarrier), 200, {}));
        CPPUNIT_ASSERT(trunk.ladder.is_empty_after(200s));
    }

    void the_strongest_algorithm_is_answered() {
        const auto offer = {challenge("carrier", "a", HashName::md5), challenge("carrier", "b", HashName::sha512_256),
                            challenge("carrier", "c", HashName::sha256), challenge("other", "d", HashName::sha512_256)};
        Trunk trunk, older("algorithms = [\"MD5\", \"SHA-256\"]\n");
        CPPUNIT_ASSERT_EQUAL(std::string("b"), credentials_in(trunk.challenged_once(trunk.call(), 401, offer))->nonce);
        CPPUNIT_ASSERT_EQUAL(std::string("c"), credentials_in(older.challenged_once(older.call(), 401, offer))->nonce);
    }

    void stale_is_answered_once_more() {
        Trunk trunk;
        auto again = trunk.challenged_once(trunk.call(), 401, {challenge("carrier", "n1")});
        auto stale = challenge("carrier", "n2");
        stale.stale = true;
        again = trunk.challenged_once(again, 401, {stale});
        CPPUNIT_ASSERT(proves(again, "s3cret") && credentials_in(again)->nonce == "n2");
        trunk.ladder.from(kCarrier, challenged(kCarrier, again, 401, {stale}));
        CPPUNIT_ASSERT(trunk.ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT_EQUAL(403, trunk.ladder.to(kPbx).status());
    }

    void a_wrong_password_is_tried_once() {
        Trunk trunk;
        const auto again = trunk.challenged_once(trunk.call(), 407, {challenge("carrier", "n1")});
        trunk.ladder.from(kCarrier, challenged(kCarrier, again, 407, {challenge("carrier", "n2")}));
        CPPUNIT_ASSERT(trunk.ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        const auto heard = trunk.ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(403, heard.status());
        CPPUNIT_ASSERT(!heard.has(HeaderName::proxy_authenticate));
        trunk.ladder.from(kPbx, Ladder::ack(*trunk.invite, heard));
        CPPUNIT_ASSERT(!trunk.call().has(HeaderName::proxy_authorization));   // what was refused is not sent on
    }

    void another_realm_crosses() {
        Trunk trunk("realm = \"carrier\"\n");
        const auto far = trunk.call();
        trunk.ladder.from(kCarrier, challenged(kCarrier, far, 407, {challenge("evil", "n")}));
        CPPUNIT_ASSERT(trunk.ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        const auto heard = trunk.ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(407, heard.status());
        CPPUNIT_ASSERT_EQUAL(challenge("evil", "n").to_string(), std::string(heard.value(HeaderName::proxy_authenticate)));
    }

    void the_first_realm_is_kept() {
        Trunk trunk;
        const auto again = trunk.challenged_once(trunk.call(), 401, {challenge("carrier", "n1")});
        trunk.ladder.from(kCarrier, challenged(kCarrier, again, 401, {challenge("evil", "n")}));
        CPPUNIT_ASSERT(trunk.ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT_EQUAL(401, trunk.ladder.to(kPbx).status());
    }

    void who_brings_credentials_answers_for_himself() {
        Trunk trunk;
        auto invite = trunk.ladder.invite(kPbx, "0123", description(kPbx, 6000));
        invite.set(HeaderName::authorization, "Digest username=\"pbx\", realm=\"carrier\", nonce=\"n\", uri=\"sip:x\", "
                                              "response=\"00000000000000000000000000000000\"");
        trunk.ladder.from(kPbx, invite);
        trunk.ladder.skip(kPbx);
        trunk.ladder.acknowledge();
        const auto far = trunk.ladder.to(kCarrier);
        CPPUNIT_ASSERT_EQUAL(std::string(invite.value(HeaderName::authorization)), std::string(far.value(HeaderName::authorization)));
        trunk.ladder.from(kCarrier, challenged(kCarrier, far, 401, {challenge("carrier", "m")}));
        CPPUNIT_ASSERT_EQUAL(401, trunk.ladder.to(kPbx).status());
    }

    void a_call_from_the_carrier_is_never_proved() {
        Trunk trunk;
        auto& ladder = trunk.ladder;
        const auto invite = ladder.invite(kCarrier, "desk", description(kCarrier, 7000));
        ladder.from(kCarrier, invite);
        ladder.skip(kCarrier);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 200, "pbx", description(kPbx, 6000)));
        ladder.acknowledge();
        const auto ok = ladder.to(kCarrier);
        ladder.from(kCarrier, ladder.within(invite, ok, "ACK"));
        ladder.skip(kPbx);
        ladder.from(kPbx, ladder.backwards(kPbx, far, "INFO", "pbx"));
        const auto info = ladder.to(kCarrier);
        CPPUNIT_ASSERT(info.method() == Method::info && !info.has(HeaderName::authorization));
        ladder.from(kCarrier, challenged(kCarrier, info, 401, {challenge("carrier", "n")}));
        CPPUNIT_ASSERT(ladder.quiet(kCarrier));
        CPPUNIT_ASSERT_EQUAL(401, ladder.to(kPbx).status());
        ladder.from(kPbx, ladder.backwards(kPbx, far, "BYE", "pbx"));
        const auto bye = ladder.to(kCarrier);
        ladder.from(kCarrier, challenged(kCarrier, bye, 401, {challenge("carrier", "n")}));
        CPPUNIT_ASSERT(ladder.quiet(kCarrier));
        CPPUNIT_ASSERT(ladder.is_empty_after(200s));
    }

    void a_peer_without_account_is_not_answered() {
        Trunk trunk;
        auto& ladder = trunk.ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        ladder.from(kPbx, challenged(kPbx, ladder.to(kPbx), 401, {challenge("carrier", "n")}));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        CPPUNIT_ASSERT_EQUAL(401, ladder.to(kOutside).status());
    }

    void a_cancelled_call_is_not_sent_again() {
        Trunk trunk;
        const auto far = trunk.call();
        trunk.ladder.from(kPbx, Ladder::cancel(*trunk.invite));
        trunk.ladder.from(kCarrier, challenged(kCarrier, far, 401, {challenge("carrier", "n")}));
        CPPUNIT_ASSERT(trunk.ladder.to(kCarrier).method() == Method::ack);
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        CPPUNIT_ASSERT(trunk.ladder.is_empty_after(200s));
    }

    void a_message_is_proved_too() {
        Trunk trunk;
        auto message = trunk.ladder.request(kPbx, "MESSAGE", "sip:0123@198.51.100.1");
        message.set_body("hello", "text/plain");
        trunk.ladder.from(kPbx, message);
        const auto far = trunk.ladder.to(kCarrier);
        auto only_int = challenge("carrier", "n", HashName::sha256);
        only_int.auth = false, only_int.auth_int = true;
        trunk.ladder.from(kCarrier, challenged(kCarrier, far, 401, {only_int}));
        const auto again = trunk.ladder.to(kCarrier);
        CPPUNIT_ASSERT(proves(again, "s3cret") && credentials_in(again)->qop == sip::Qop::auth_int);
        trunk.ladder.from(kCarrier, Ladder::answer(kCarrier, again, 200, "x"));
        CPPUNIT_ASSERT_EQUAL(200, trunk.ladder.to(kPbx).status());
        CPPUNIT_ASSERT(trunk.ladder.is_empty_after(200s));
    }

    void a_register_passes() {
        Trunk trunk;
        auto request = trunk.ladder.request(kPbx, "REGISTER", "sip:198.51.100.1");
        trunk.ladder.from(kPbx, request);
        const auto far = trunk.ladder.to(kCarrier);
        trunk.ladder.from(kCarrier, challenged(kCarrier, far, 401, {challenge("carrier", "n")}));
        CPPUNIT_ASSERT(trunk.ladder.quiet(kCarrier));
        const auto heard = trunk.ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(challenge("carrier", "n").to_string(), std::string(heard.value(HeaderName::www_authenticate)));
        const auto again = with_password(request, challenge("carrier", "n"), "pbx", "own");
        trunk.ladder.from(kPbx, again);
        const auto second = trunk.ladder.to(kCarrier);
        CPPUNIT_ASSERT_EQUAL(std::string(again.value(HeaderName::authorization)), std::string(second.value(HeaderName::authorization)));
        CPPUNIT_ASSERT_EQUAL(again.cseq(), second.cseq());
        CPPUNIT_ASSERT(far.call_id() == second.call_id());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestPeerLogin);

}  // namespace sbc::test
