// Transfers that cross as ladders: REFER judged and relayed, the dialogs that Replaces and Join name, what NOTIFY tells.
#include <cppunit/extensions/HelperMacros.h>

#include "sip/name_addr.hh"
#include "tests/unit/sbc/phone_call.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::DialogName;
using sip::HeaderName;
using sip::Message;
using sip::Method;

class TestTransfer : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestTransfer);
    CPPUNIT_TEST(a_blind_refer_crosses_and_names_our_own_door);
    CPPUNIT_TEST(who_could_not_call_the_target_cannot_refer_to_it);
    CPPUNIT_TEST(refused_it_is_603_and_without_one_target_400);
    CPPUNIT_TEST(the_nearest_rule_wins);
    CPPUNIT_TEST(an_attended_refer_names_the_dialog_of_the_other_side);
    CPPUNIT_TEST(a_dialog_of_somebody_else_cannot_be_referred_to);
    CPPUNIT_TEST(a_call_id_of_the_inside_is_told_to_nobody_outside);
    CPPUNIT_TEST(a_dialog_of_another_worker_is_asked_for_there);
    CPPUNIT_TEST(an_invite_with_replaces_reaches_the_owner_of_the_other_dialog);
    CPPUNIT_TEST(an_invite_with_join_does_as_well);
    CPPUNIT_TEST(the_name_that_the_owner_knows_is_good_too);
    CPPUNIT_TEST(a_dialog_that_is_not_there_is_481_and_a_malformed_name_400);
    CPPUNIT_TEST(an_answered_call_is_not_replaced_early_only);
    CPPUNIT_TEST(a_ringing_call_can_be_taken_from_its_caller_only);
    CPPUNIT_TEST(a_stranger_replaces_nobody_whom_he_could_not_call);
    CPPUNIT_TEST(each_side_names_the_subscription_by_the_cseq_that_it_knows);
    CPPUNIT_TEST(a_fragment_is_told_by_its_status_alone);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::string_view kStranger = "203.0.113.66:5060", kDesk = "198.51.100.12:5060";
    static constexpr std::string_view kPhone = "[peers.phone]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\n";
    static constexpr std::string_view kToDesk = "[peers.desk]\nzone = \"inside\"\nuri = \"sip:198.51.100.12:5060\"\n"
                                                "transfer = \"relay\"\n"
                                                "[[routes]]\nname = \"to the desk\"\nfrom = \"inside\"\nto = [\"desk\"]\n"
                                                "match = { request_user = \"^desk\" }\n";

    static std::string with_name(const DialogName& name) {
        return "<sip:desk@203.0.113.1?Replaces=" + sip::escaped_header(name.to_string()) + ">";
    }

    static DialogName name_in(const Message& refer) {
        const auto target = sip::NameAddr::parse(refer.value(HeaderName::refer_to));
        CPPUNIT_ASSERT(target && target->uri.headers.size() == 1);
        const auto name = DialogName::parse(sip::unescaped(target->uri.headers.front().second));
        CPPUNIT_ASSERT(name);
        return *name;
    }

    static void same(const DialogName& expected, std::string_view value) {
        CPPUNIT_ASSERT_EQUAL(expected.to_string(), std::string(value));
    }

    // As the one at the other end of the dialog knows it.
    static DialogName turned(const DialogName& name) { return {name.call_id, name.from_tag, name.to_tag}; }

    static void refer(Ladder& ladder, const PhoneCall& talk, std::string_view to) {
        auto message = ladder.within(talk.invite, talk.ok, "REFER");
        message.add(HeaderName::refer_to, to);
        ladder.from(talk.caller, message);
    }

    static void refer_back(Ladder& ladder, const PhoneCall& talk, std::string_view to) {
        auto message = ladder.backwards(talk.callee, talk.far, "REFER", "callee");
        message.add(HeaderName::refer_to, to);
        ladder.from(talk.callee, message);
    }

    static Message naming(Ladder& ladder, std::string_view who, HeaderName header, const std::string& name) {
        auto invite = ladder.invite(who, "somebody", description(who, 4002));
        invite.add(header, name);
        ladder.from(who, invite);
        CPPUNIT_ASSERT_EQUAL(100, ladder.to(who).status());
        ladder.acknowledge();
        return invite;
    }

    static int refused(Ladder& ladder, std::string_view who, const std::string& name) {
        naming(ladder, who, HeaderName::replaces, name);
        return ladder.to(who).status();
    }

    void a_blind_refer_crosses_and_names_our_own_door() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        auto message = ladder.within(talk.invite, talk.ok, "REFER");
        message.add(HeaderName::refer_to, "\"Desk\" <sip:desk@203.0.113.1>");
        message.add(HeaderName::referred_by, "<sip:ann@203.0.113.20>");
        ladder.from(kOutside, message);
        const auto crossed = ladder.to(kPbx);
        CPPUNIT_ASSERT(crossed.method() == Method::refer);
        CPPUNIT_ASSERT_EQUAL(std::string("\"Desk\" <sip:desk@198.51.100.1>"), std::string(crossed.value(HeaderName::refer_to)));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:ann@203.0.113.20>"), std::string(crossed.value(HeaderName::referred_by)));
        ladder.from(kPbx, ladder.answer(kPbx, crossed, 202, ""));
        CPPUNIT_ASSERT_EQUAL(202, ladder.to(kOutside).status());
        ladder.from(kOutside, ladder.within(talk.invite, talk.ok, "BYE"));
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, ""));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void who_could_not_call_the_target_cannot_refer_to_it() {
        Ladder ladder(kToDesk);
        const PhoneCall talk(ladder);
        refer_back(ladder, talk, "<sip:else@198.51.100.1>");
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        refer(ladder, talk, "<sip:desk@203.0.113.1;method=BYE>");   // no call at all: only from a trusted side
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kOutside).status());
        refer_back(ladder, talk, "<sip:desk@198.51.100.1>");
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:desk@203.0.113.1>"), std::string(ladder.to(kOutside).value(HeaderName::refer_to)));
    }

    void refused_it_is_603_and_without_one_target_400() {
        Ladder ladder(std::string(kPhone) + "transfer = \"refuse\"\n");
        const PhoneCall talk(ladder);
        refer(ladder, talk, "<sip:desk@203.0.113.1>");
        CPPUNIT_ASSERT_EQUAL(603, ladder.to(kOutside).status());
        refer(ladder, talk, "<sip:a@203.0.113.1>, <sip:b@203.0.113.1>");
        CPPUNIT_ASSERT_EQUAL(400, ladder.to(kOutside).status());
        auto alone = ladder.request(kOutside, "REFER", "sip:desk@203.0.113.1");
        alone.add(HeaderName::refer_to, "<sip:desk@203.0.113.1>");
        ladder.from(kOutside, alone);
        CPPUNIT_ASSERT_EQUAL(603, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void the_nearest_rule_wins() {
        for (const auto of_route : {"relay", "refuse"}) {
            Ladder ladder(std::string(kToDesk) + "transfer = \"" + of_route + "\"\n");
            const PhoneCall talk(ladder, kPbx, kDesk);
            refer_back(ladder, talk, "<sip:desk@198.51.100.1>");
            if (of_route == std::string_view("refuse")) CPPUNIT_ASSERT_EQUAL(603, ladder.to(kDesk).status());
            else CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::refer);
        }
    }

    void an_attended_refer_names_the_dialog_of_the_other_side() {
        Ladder ladder;
        const PhoneCall first(ladder), second(ladder);
        refer(ladder, first, with_name(second.as_caller_knows()));
        const auto crossed = ladder.to(kPbx);
        same(turned(second.as_callee_knows()), name_in(crossed).to_string());
        const auto target = sip::NameAddr::parse(crossed.value(HeaderName::refer_to));
        CPPUNIT_ASSERT_EQUAL(std::string(second.far.from_tag()) + "@198.51.100.1", target->uri.user + "@" + target->uri.host);
    }

    void a_dialog_of_somebody_else_cannot_be_referred_to() {
        Ladder ladder;
        const PhoneCall first(ladder), others(ladder, kStranger);
        refer(ladder, first, with_name(others.as_caller_knows()));
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kOutside).status());
        auto wrong = first.as_caller_knows();
        wrong.from_tag = "else";
        refer(ladder, first, with_name(wrong));
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void a_call_id_of_the_inside_is_told_to_nobody_outside() {
        Ladder ladder(std::string(kPhone) + "topology = \"hide-all\"\n" + std::string(kToDesk));
        const PhoneCall with_phone(ladder), with_desk(ladder, kSpare, kDesk);
        // The desk has a call of the spare; in its call with the phone the PBX may not speak of it.
        refer_back(ladder, with_phone, with_name(with_desk.as_callee_knows()));
        CPPUNIT_ASSERT_EQUAL(403, ladder.to(kPbx).status());
        const PhoneCall called(ladder, kStranger);
        refer_back(ladder, with_phone, with_name(called.as_callee_knows()));
        const auto name = name_in(ladder.to(kOutside));
        CPPUNIT_ASSERT_EQUAL(name.from_tag, name.call_id);
        CPPUNIT_ASSERT_EQUAL(std::string(called.ok.to_tag()), name.from_tag);
        naming(ladder, kSpare, HeaderName::replaces, name.to_string());
        same(turned(called.as_caller_knows()), ladder.to(kStranger).value(HeaderName::replaces));
    }

    void a_dialog_of_another_worker_is_asked_for_there() {
        constexpr std::string_view kElsewhere = "<sip:s01abcdefghijkl@203.0.113.1?Replaces=x%3Bto-tag%3Ds01abcdefghijkl%3Bfrom-tag%3Da>";
        for (const bool carried : {false, true}) {
            const auto policy = std::string(kPhone) + (carried ? "transfer = \"carry-out\"\n" : "");
            Ladder ladder(policy);
            ladder.crash(policy, {}, 2);
            const PhoneCall first(ladder), second(ladder);
            refer(ladder, first, kElsewhere);
            refer(ladder, first, kElsewhere);
            CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.questions.size() == 2 && ladder.questions[0].home.value == 1);
            CPPUNIT_ASSERT_EQUAL(std::string("s01abcdefghijkl"), ladder.questions[0].name.to_tag);
            ladder.b2bua().on_dialog(ladder.questions[0].number, nullptr, ladder.now());   // he has no such call
            ladder.collect();
            CPPUNIT_ASSERT_EQUAL(403, ladder.to(kOutside).status());
            // As the other worker would answer, were it this one's call.
            auto question = ladder.questions[1];
            question.name = second.as_caller_knows();
            ladder.b2bua().on_dialog(question.number, ladder.b2bua().find_dialog(question), ladder.now());
            ladder.collect();
            const auto sent = ladder.to(kPbx);
            const auto theirs = turned(second.as_callee_knows());
            if (!carried) {
                same(theirs, name_in(sent).to_string());
            } else {
                CPPUNIT_ASSERT(sent.method() == Method::invite);
                same(theirs, sent.value(HeaderName::replaces));
                CPPUNIT_ASSERT_EQUAL(std::string("sip:phone@198.51.100.10:5060"), std::string(sent.request_uri()));
            }
            question.asker.address = *base::Address::parse("203.0.113.66");
            question.asker.peer.clear();
            CPPUNIT_ASSERT(!ladder.b2bua().find_dialog(question));
        }
    }

    void an_invite_with_replaces_reaches_the_owner_of_the_other_dialog() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        naming(ladder, kSpare, HeaderName::replaces, talk.as_callee_knows().to_string());
        const auto far = ladder.to(kOutside);
        same(turned(talk.as_caller_knows()), far.value(HeaderName::replaces));
        CPPUNIT_ASSERT_EQUAL(std::string("sip:phone@203.0.113.20:5060"), std::string(far.request_uri()));
        ladder.from(kOutside, ladder.answer(kOutside, far, 200, "new", description(kOutside, 4010)));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kSpare).status());
        ladder.from(kOutside, ladder.within(talk.invite, talk.ok, "BYE"));   // as RFC 3891 has it
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
    }

    void an_invite_with_join_does_as_well() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        naming(ladder, kOutside, HeaderName::join, talk.as_caller_knows().to_string());
        same(turned(talk.as_callee_knows()), ladder.to(kPbx).value(HeaderName::join));
    }

    void the_name_that_the_owner_knows_is_good_too() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        const auto name = turned(talk.as_callee_knows());
        naming(ladder, kSpare, HeaderName::replaces, name.to_string());
        same(name, ladder.to(kPbx).value(HeaderName::replaces));
    }

    void a_dialog_that_is_not_there_is_481_and_a_malformed_name_400() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        auto name = talk.as_caller_knows();
        CPPUNIT_ASSERT_EQUAL(400, refused(ladder, kOutside, "x;to-tag=" + name.to_tag));
        CPPUNIT_ASSERT_EQUAL(481, refused(ladder, kOutside, "x;to-tag=y;from-tag=z"));
        name.call_id += "x";
        CPPUNIT_ASSERT_EQUAL(481, refused(ladder, kOutside, name.to_string()));
        ladder.from(kOutside, ladder.within(talk.invite, talk.ok, "BYE"));
        ladder.skip(kOutside);
        CPPUNIT_ASSERT_EQUAL(603, refused(ladder, kOutside, talk.as_caller_knows().to_string()));
    }

    void an_answered_call_is_not_replaced_early_only() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        CPPUNIT_ASSERT_EQUAL(486, refused(ladder, kOutside, talk.as_caller_knows().to_string() + ";early-only"));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void a_ringing_call_can_be_taken_from_its_caller_only() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 180, "rings"));
        const auto ringing = ladder.to(kOutside);
        const std::string ours(ringing.to_tag()), theirs(invite.from_tag());
        CPPUNIT_ASSERT_EQUAL(481, refused(ladder, kOutside, DialogName{std::string(invite.call_id()), ours, theirs}.to_string()));
        naming(ladder, kSpare, HeaderName::replaces,
               DialogName{std::string(far.call_id()), std::string(far.from_tag()), "rings", true}.to_string());
        same({std::string(invite.call_id()), theirs, ours, true}, ladder.to(kOutside).value(HeaderName::replaces));
    }

    void a_stranger_replaces_nobody_whom_he_could_not_call() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        CPPUNIT_ASSERT_EQUAL(481, refused(ladder, kStranger, talk.as_callee_knows().to_string()));
        CPPUNIT_ASSERT_EQUAL(481, refused(ladder, kStranger, turned(talk.as_caller_knows()).to_string()));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        naming(ladder, kStranger, HeaderName::replaces, talk.as_caller_knows().to_string());   // the PBX he could call
        same(turned(talk.as_callee_knows()), ladder.to(kPbx).value(HeaderName::replaces));
    }

    void each_side_names_the_subscription_by_the_cseq_that_it_knows() {
        Ladder ladder;
        const PhoneCall talk(ladder);
        auto first = ladder.within(talk.invite, talk.ok, "REFER");
        first.add(HeaderName::refer_to, "<sip:desk@203.0.113.1>");
        ladder.from(kOutside, first);
        const auto crossed = ladder.to(kPbx);
        CPPUNIT_ASSERT(crossed.cseq() != first.cseq());
        for (const auto& [theirs, ours] : {std::pair{std::to_string(crossed.cseq()), std::to_string(first.cseq())},
                                           std::pair{std::string("7"), std::string("7")}}) {
            auto notify = ladder.backwards(kPbx, talk.far, "NOTIFY", "callee");
            notify.add(HeaderName::event, "refer;id=" + theirs);
            ladder.from(kPbx, notify);
            CPPUNIT_ASSERT_EQUAL("refer;id=" + ours, std::string(ladder.to(kOutside).value(HeaderName::event)));
        }
        auto end = ladder.within(talk.invite, talk.ok, "SUBSCRIBE");
        end.add(HeaderName::event, "refer; id=" + std::to_string(first.cseq()));
        ladder.from(kOutside, end);
        CPPUNIT_ASSERT_EQUAL("refer;id=" + std::to_string(crossed.cseq()), std::string(ladder.to(kPbx).value(HeaderName::event)));
    }

    void a_fragment_is_told_by_its_status_alone() {
        Ladder ladder(std::string(kPhone) + "topology = \"hide-all\"\n");
        const PhoneCall talk(ladder);
        for (const auto& [fragment, heard] : {std::pair{"SIP/2.0 180 At pbx.inside\r\nContact: <sip:a@198.51.100.77>\r\n",
                                                        "SIP/2.0 180 Ringing\r\n"},
                                              std::pair{"INVITE sip:a@198.51.100.77 SIP/2.0\r\n", ""}}) {
            auto notify = ladder.backwards(kPbx, talk.far, "NOTIFY", "callee");
            notify.add(HeaderName::event, "refer");
            notify.add(HeaderName::subscription_state, "active");
            notify.set_body(fragment, "message/sipfrag;version=2.0");
            ladder.from(kPbx, notify);
            CPPUNIT_ASSERT_EQUAL(std::string(heard), std::string(ladder.to(kOutside).body()));
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestTransfer);

}  // namespace sbc::test
