// Transfers that we carry out, as ladders: the desk has a call with the PBX and refers it to the third; or to the third
// with which it has talked.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/transfer_talk.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

class TestTransferCarried : public CppUnit::TestFixture, private TransferTalk {
    CPPUNIT_TEST_SUITE(TestTransferCarried);
    CPPUNIT_TEST(the_target_is_called_and_gets_the_call);
    CPPUNIT_TEST(the_caller_can_leave_his_call_as_well);
    CPPUNIT_TEST(a_busy_target_leaves_all_as_it_was);
    CPPUNIT_TEST(the_next_target_of_the_route_is_tried);
    CPPUNIT_TEST(an_end_that_refuses_stays_where_it_was);
    CPPUNIT_TEST(an_end_that_is_busy_is_waited_for);
    CPPUNIT_TEST(the_referrer_may_hang_up_before_it_is_done);
    CPPUNIT_TEST(without_referrer_a_failure_ends_the_call);
    CPPUNIT_TEST(who_hangs_up_meanwhile_ends_all);
    CPPUNIT_TEST(a_target_that_hangs_up_while_it_is_connected_ends_it);
    CPPUNIT_TEST(a_kernel_that_refuses_leaves_all_as_it_was);
    CPPUNIT_TEST(who_wants_to_hear_nothing_hears_nothing);
    CPPUNIT_TEST(only_one_transfer_at_a_time);
    CPPUNIT_TEST(two_calls_of_the_referrer_become_one);
    CPPUNIT_TEST(where_the_consulted_end_refuses_both_calls_stay);
    CPPUNIT_TEST(the_consulted_call_may_end_meanwhile);
    CPPUNIT_TEST(a_crash_meanwhile_leaves_the_call_as_it_was);
    CPPUNIT_TEST(a_policy_reload_meanwhile_changes_nothing);
    CPPUNIT_TEST(by_command_all_of_it_ends);
    CPPUNIT_TEST_SUITE_END();

    void the_target_is_called_and_gets_the_call() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        const auto invite = call(ladder);
        CPPUNIT_ASSERT_EQUAL(std::string("sip:third@198.51.100.13"), std::string(invite.request_uri()));
        CPPUNIT_ASSERT(invite.value(HeaderName::from).find("ann@") != std::string::npos);
        ladder.from(kThird, ladder.answer(kThird, invite, 180, "target"));
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.quiet(kDesk));
        answer(ladder, invite);
        const auto asked = re_invite(ladder, talk);
        CPPUNIT_ASSERT(origin_version(asked) != origin_version(talk.ok));
        CPPUNIT_ASSERT_EQUAL(origin_version(talk.ok).substr(0, 15), origin_version(asked).substr(0, 15));
        CPPUNIT_ASSERT(ladder.quiet(kThird));
        ok(ladder, kPbx, asked, description(kPbx, 4020));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        const auto ack = ladder.to(kThird);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.has_sdp());
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        CPPUNIT_ASSERT_EQUAL(std::string("transferred"), ladder.records().front()->why);
        ladder.media("198.51.100.10:4020", asked);
        ladder.media("198.51.100.13:7000", ack);
        const auto heard = ladder.heard();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, heard.size());
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.13:7000"), heard[0].to.to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.10:4020"), heard[1].to.to_string());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        ladder.from(kPbx, ladder.within(talk.invite, talk.ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        hang_up(ladder, kThird);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ladder.records().size());
    }

    void the_caller_can_leave_his_call_as_well() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kDesk, kThird, "third");
        auto message = ladder.within(talk.invite, talk.ok, "REFER");
        message.add(HeaderName::refer_to, "<sip:third2@198.51.100.1>");
        ladder.from(kDesk, message);
        accepted(ladder);
        const auto invite = call(ladder);
        answer(ladder, invite);
        const auto asked = ladder.to(kThird);
        CPPUNIT_ASSERT_EQUAL(std::string(talk.far.call_id()), std::string(asked.call_id()));
        ok(ladder, kThird, asked, description(kThird, 6020));
        for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::ack);
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
        CPPUNIT_ASSERT(ladder.b2bua().hang_up(ladder.b2bua().calls().front().id, ladder.now()));
        ladder.collect();
        for (int i = 0; i < 2; ++i) hang_up(ladder, kThird);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_busy_target_leaves_all_as_it_was() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        refuse(ladder, kThird, call(ladder), 486);
        told(ladder, "486 Busy Here", "terminated");
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void the_next_target_of_the_route_is_tried() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        refuse(ladder, kThird, call(ladder), 503);
        const auto invite = call(ladder, kSpare);
        answer(ladder, invite, kSpare);
        ok(ladder, kPbx, re_invite(ladder, talk), description(kPbx, 4020));
        CPPUNIT_ASSERT(ladder.to(kSpare).has_sdp());
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
    }

    void an_end_that_refuses_stays_where_it_was() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        answer(ladder, call(ladder));
        refuse(ladder, kPbx, re_invite(ladder, talk), 488);
        const auto ack = ladder.to(kThird);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.body().empty());
        hang_up(ladder, kThird);
        told(ladder, "488 Not Acceptable Here", "terminated");
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void an_end_that_is_busy_is_waited_for() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        const auto invite = call(ladder);
        auto hold = ladder.within(talk.invite, talk.ok, "INVITE");
        hold.set_body(description(kPbx, 4000, "sendonly"), "application/sdp");
        ladder.from(kPbx, hold);
        ladder.skip(kPbx);
        const auto crossed = ladder.to(kDesk);
        answer(ladder, invite);
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kDesk, ladder.answer(kDesk, crossed, 488, ""));
        CPPUNIT_ASSERT_EQUAL(488, ladder.to(kPbx).status());
        auto ack = Ladder::ack(hold, talk.ok);
        ladder.from(kPbx, ack);
        ladder.pass(1s);
        ladder.acknowledge();
        ladder.skip(kDesk);
        ok(ladder, kPbx, re_invite(ladder, talk), description(kPbx, 4020));
        CPPUNIT_ASSERT(ladder.to(kThird).has_sdp());
        told(ladder, "200 OK", "terminated");
    }

    void the_referrer_may_hang_up_before_it_is_done() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        ladder.from(kDesk, ladder.backwards(kDesk, talk.far, "BYE", "callee"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kPbx, ladder.within(talk.invite, talk.ok, "INFO"));
        CPPUNIT_ASSERT_EQUAL(500, ladder.to(kPbx).status());
        answer(ladder, call(ladder));
        ok(ladder, kPbx, re_invite(ladder, talk), description(kPbx, 4020));
        told(ladder, "200 OK", "terminated");
        CPPUNIT_ASSERT(ladder.quiet(kDesk));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
    }

    void without_referrer_a_failure_ends_the_call() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        ladder.from(kDesk, ladder.backwards(kDesk, talk.far, "BYE", "callee"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
        refuse(ladder, kThird, call(ladder), 486);
        told(ladder, "486 Busy Here", "terminated");
        hang_up(ladder, kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void who_hangs_up_meanwhile_ends_all() {
        for (const bool referrer_left : {false, true}) {
            Ladder ladder(kPolicy);
            const PhoneCall talk(ladder, kPbx, kDesk);
            refer(ladder, talk);
            accepted(ladder);
            const auto invite = call(ladder);
            ladder.from(kThird, ladder.answer(kThird, invite, 180, "target"));
            if (referrer_left) ladder.from(kDesk, ladder.backwards(kDesk, talk.far, "BYE", "callee"));
            ladder.from(kPbx, ladder.within(talk.invite, talk.ok, "BYE"));
            CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
            if (referrer_left) CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
            told(ladder, "503 Service Unavailable", "terminated");
            if (!referrer_left) hang_up(ladder, kDesk);
            CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::cancel);
            ladder.from(kThird, ladder.answer(kThird, invite, 487, "target"));
            CPPUNIT_ASSERT(ladder.is_empty_after(80s));
        }
    }

    void a_target_that_hangs_up_while_it_is_connected_ends_it() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        const auto invite = call(ladder);
        answer(ladder, invite);
        const auto asked = re_invite(ladder, talk);
        ladder.from(kThird, ladder.backwards(kThird, invite, "BYE", "target"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kThird).status());
        // It was asked already: whatever it answers, it is nobody's any more.
        hang_up(ladder, kPbx);
        told(ladder, "503 Service Unavailable", "terminated");
        hang_up(ladder, kDesk);
        ok(ladder, kPbx, asked, description(kPbx, 4020));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_kernel_that_refuses_leaves_all_as_it_was() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        const auto invite = call(ladder);
        ladder.from(kThird, ladder.answer(kThird, invite, 200, "target", description(kThird, 7000)));
        ladder.refuse();
        CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::ack);
        hang_up(ladder, kThird);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        told(ladder, "503 Service Unavailable", "terminated");
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void who_wants_to_hear_nothing_hears_nothing() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk, kTarget, "false");
        const auto response = ladder.to(kDesk);
        CPPUNIT_ASSERT_EQUAL(202, response.status());
        CPPUNIT_ASSERT_EQUAL(std::string("false"), std::string(response.value(HeaderName::refer_sub)));
        refuse(ladder, kThird, call(ladder), 486);
        CPPUNIT_ASSERT(ladder.quiet(kDesk));
        // Who changes his mind hears no more, and the transfer goes on.
        refer(ladder, talk);
        accepted(ladder);
        auto no_more = ladder.backwards(kDesk, talk.far, "SUBSCRIBE", "callee");
        no_more.add(HeaderName::event, "refer");
        no_more.add(HeaderName::expires, "0");
        ladder.from(kDesk, no_more);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
        told(ladder, "100 Trying", "terminated");
        refuse(ladder, kThird, call(ladder), 486);
        is_as_before(ladder, talk);
    }

    void only_one_transfer_at_a_time() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        refer(ladder, talk);
        CPPUNIT_ASSERT_EQUAL(500, ladder.to(kDesk).status());
        call(ladder);
        CPPUNIT_ASSERT(ladder.quiet(kThird));
    }

    static std::string with_name(const PhoneCall& consulted) {
        return "<sip:third@198.51.100.1?Replaces=" + sip::escaped_header(consulted.as_caller_knows().to_string()) + ">";
    }

    static Message ask_for_offer(Ladder& ladder, const PhoneCall& consulted) {
        auto asked = ladder.to(kThird);
        CPPUNIT_ASSERT(asked.method() == Method::invite && asked.body().empty());
        CPPUNIT_ASSERT_EQUAL(std::string(consulted.far.call_id()), std::string(asked.call_id()));
        return asked;
    }

    void two_calls_of_the_referrer_become_one() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk), consulted(ladder, kDesk, kThird, "third");
        refer(ladder, talk, with_name(consulted));
        accepted(ladder);
        ok(ladder, kThird, ask_for_offer(ladder, consulted), description(kThird, 7000));
        ladder.acknowledge();
        const auto asked = re_invite(ladder, talk);
        ok(ladder, kPbx, asked, description(kPbx, 4020));
        const auto ack = ladder.to(kThird);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.has_sdp());
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        told(ladder, "200 OK", "terminated");
        for (int i = 0; i < 2; ++i) hang_up(ladder, kDesk);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
        ladder.media("198.51.100.10:4020", asked);
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.13:7000"), ladder.heard().front().to.to_string());
        ladder.from(kThird, ladder.backwards(kThird, consulted.far, "BYE", "callee"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kThird).status());
        hang_up(ladder, kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void where_the_consulted_end_refuses_both_calls_stay() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk), consulted(ladder, kDesk, kThird, "third");
        refer(ladder, talk, with_name(consulted));
        accepted(ladder);
        refuse(ladder, kThird, ask_for_offer(ladder, consulted), 488);
        told(ladder, "488 Not Acceptable Here", "terminated");
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kDesk, ladder.within(consulted.invite, consulted.ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kDesk).status());
        hang_up(ladder, kThird);
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void the_consulted_call_may_end_meanwhile() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk), consulted(ladder, kDesk, kThird, "third");
        refer(ladder, talk, with_name(consulted));
        accepted(ladder);
        const auto asked = ask_for_offer(ladder, consulted);
        ladder.from(kThird, ladder.backwards(kThird, consulted.far, "BYE", "callee"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kThird).status());
        ladder.from(kThird, ladder.answer(kThird, asked, 487, ""));
        CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::ack);
        told(ladder, "503 Service Unavailable", "terminated");
        hang_up(ladder, kDesk);
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_crash_meanwhile_leaves_the_call_as_it_was() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        answer(ladder, call(ladder));
        re_invite(ladder, talk);
        ladder.crash(kPolicy);
        is_as_before(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_policy_reload_meanwhile_changes_nothing() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        ladder.reload("[peers.another]\nzone = \"inside\"\nuri = \"sip:198.51.100.44:5060\"\n" + std::string(kPolicy));
        refer(ladder, talk);
        accepted(ladder);
        answer(ladder, call(ladder));
        ok(ladder, kPbx, re_invite(ladder, talk), description(kPbx, 4020));
        told(ladder, "200 OK", "terminated");
        hang_up(ladder, kDesk);
        ladder.skip(kPbx);
        ladder.from(kPbx, ladder.within(talk.invite, talk.ok, "BYE"));
        CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::ack);
        hang_up(ladder, kThird);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void by_command_all_of_it_ends() {
        Ladder ladder(kPolicy);
        const PhoneCall talk(ladder, kPbx, kDesk);
        refer(ladder, talk);
        accepted(ladder);
        answer(ladder, call(ladder));
        const auto asked = re_invite(ladder, talk);
        ladder.b2bua().hang_up_all(ladder.now());
        ladder.collect();
        ladder.from(kPbx, ladder.answer(kPbx, asked, 487, ""));
        ladder.skip(kThird), ladder.skip(kDesk), ladder.skip(kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestTransferCarried);

}  // namespace sbc::test
