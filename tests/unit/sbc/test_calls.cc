// The stories of a call, as ladders: who hears what, what waits for the kernel, and that nothing is left.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::Message;
using sip::Method;

// A call that both sides have agreed on, and what was said.
struct Talk {
    explicit Talk(Ladder& ladder, std::string_view user = "desk", bool late = false)
        : invite(ladder.invite(kOutside, user, late ? "" : description(kOutside, 4000))) {
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);                        // 100
        ladder.acknowledge();
        far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, *far, 200, "pbx", description(kPbx, 6000)));
        ladder.acknowledge();
        ok = ladder.to(kOutside);
        auto ack = ladder.within(invite, *ok, "ACK");
        if (late) ack.set_body(description(kOutside, 4000), "application/sdp");
        ladder.from(kOutside, ack);
        far_ack = ladder.to(kPbx);
    }
    Message invite;
    std::optional<Message> far, ok, far_ack;
};

}  // namespace

class TestCalls : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestCalls);
    CPPUNIT_TEST(a_call_is_answered_and_ended_and_leaves_nothing);
    CPPUNIT_TEST(each_attempt_is_written_down_once);
    CPPUNIT_TEST(the_far_invite_waits_for_the_kernel);
    CPPUNIT_TEST(a_refused_pinhole_answers_503_and_leaves_nothing);
    CPPUNIT_TEST(an_offer_in_the_answer_waits_for_the_kernel_too);
    CPPUNIT_TEST(a_cancel_before_any_answer_ends_both_sides);
    CPPUNIT_TEST(a_cancel_that_meets_the_answer_hears_487_and_the_answer_is_ended);
    CPPUNIT_TEST(forks_have_tags_of_their_own);
    CPPUNIT_TEST(a_line_that_one_fork_refuses_waits_for_another);
    CPPUNIT_TEST(a_fork_yet_unheard_meets_no_wall);
    CPPUNIT_TEST(a_second_answer_is_acknowledged_and_ended);
    CPPUNIT_TEST(a_refusal_of_the_list_goes_to_the_next_target);
    CPPUNIT_TEST(a_silent_target_makes_room_for_the_next);
    CPPUNIT_TEST(no_target_left_is_heard);
    CPPUNIT_TEST(a_redirection_from_inside_is_nobody_there);
    CPPUNIT_TEST(ringing_for_ever_ends_by_timer_c);
    CPPUNIT_TEST(an_answer_without_ack_is_repeated_and_then_ended);
    CPPUNIT_TEST(a_repeated_answer_gets_the_same_ack);
    CPPUNIT_TEST(both_sides_may_hang_up_at_once);
    CPPUNIT_TEST(new_offers_from_both_sides_are_glare);
    CPPUNIT_TEST(a_refused_offer_changes_nothing);
    CPPUNIT_TEST(silence_ends_a_call);
    CPPUNIT_TEST(a_command_ends_a_call_on_both_sides);
    CPPUNIT_TEST(draining_refuses_new_calls);
    CPPUNIT_TEST(no_hop_left_is_refused);
    CPPUNIT_TEST(a_sips_call_goes_over_no_insecure_hop);
    CPPUNIT_TEST(the_inside_is_not_named_outside);
    CPPUNIT_TEST_SUITE_END();

    void a_call_is_answered_and_ended_and_leaves_nothing() {
        Ladder ladder;
        Talk talk(ladder);
        CPPUNIT_ASSERT_EQUAL(200, talk.ok->status());
        CPPUNIT_ASSERT(talk.ok->body().find("203.0.113.1") != std::string::npos);
        CPPUNIT_ASSERT(talk.far->body().find("198.51.100.1") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().streams);
        ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.open());
        ladder.from(kPbx, ladder.answer(kPbx, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void each_attempt_is_written_down_once() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.pass(3s);
        CPPUNIT_ASSERT(ladder.records().empty());
        ladder.from(kPbx, ladder.backwards(kPbx, *talk.far, "BYE", "pbx"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        const auto& record = *ladder.records().front();
        CPPUNIT_ASSERT(record.ended_by == Ender::b && record.status == 200);
        CPPUNIT_ASSERT_EQUAL(std::string("bye_from_callee"), record.why);
        CPPUNIT_ASSERT(record.ended - *record.call.answered >= 3s);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, record.call.streams.size());
        CPPUNIT_ASSERT_EQUAL("udp " + std::string(kPbx), record.b.endpoint);
        CPPUNIT_ASSERT_EQUAL(std::string(talk.far->call_id()), record.b.call_id);
        CPPUNIT_ASSERT_EQUAL(std::string(talk.invite.call_id()), record.a.call_id);

        ladder.b2bua().drain(true);
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ladder.records().size());
        CPPUNIT_ASSERT(ladder.records().back()->why == "shutting_down" && ladder.records().back()->status == 503);
    }

    void the_far_invite_waits_for_the_kernel() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        CPPUNIT_ASSERT(ladder.kernel_is_asked());
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::invite);
    }

    void a_refused_pinhole_answers_503_and_leaves_nothing() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.refuse();
        CPPUNIT_ASSERT_EQUAL(503, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void an_offer_in_the_answer_waits_for_the_kernel_too() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", "");
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        CPPUNIT_ASSERT(!ladder.kernel_is_asked());
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, "pbx", description(kPbx, 6000)));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        Ladder second;
        Talk talk(second, "desk", true);
        CPPUNIT_ASSERT(talk.far_ack->body().find("198.51.100.1") != std::string::npos);
    }

    void a_sips_call_goes_over_no_insecure_hop() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.set_request_uri("sips:desk@203.0.113.1");
        ladder.from(kOutside, invite);
        ladder.skip(kPbx);
        Message answer = ladder.to(kOutside);
        if (answer.status() == 100) answer = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(480, answer.status());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_cancel_before_any_answer_ends_both_sides() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 180, "pbx"));
        ladder.skip(kOutside);
        ladder.from(kOutside, ladder.cancel(invite));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());    // of the CANCEL
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(487, refused.status());
        ladder.from(kOutside, ladder.ack(invite, refused));
        const auto cancel = ladder.to(kPbx);
        CPPUNIT_ASSERT(cancel.method() == Method::cancel);
        ladder.from(kPbx, ladder.answer(kPbx, cancel, 200, "pbx"));
        ladder.from(kPbx, ladder.answer(kPbx, far, 487, "pbx"));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_cancel_that_meets_the_answer_hears_487_and_the_answer_is_ended() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kOutside, ladder.cancel(invite));
        ladder.skip(kOutside);
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, "pbx", description(kPbx, 6000)));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        const auto bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        CPPUNIT_ASSERT_EQUAL(std::string_view("pbx"), bye.to_tag());
        ladder.from(kPbx, ladder.answer(kPbx, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void forks_have_tags_of_their_own() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 183, "one", description(kPbx, 6000)));
        ladder.from(kPbx, ladder.answer(kPbx, far, 183, "two", description(kPbx, 7000)));
        ladder.acknowledge();
        const auto first = ladder.to(kOutside), second = ladder.to(kOutside);
        CPPUNIT_ASSERT(first.to_tag() != second.to_tag());
        CPPUNIT_ASSERT(first.body() != second.body());
    }

    void a_line_that_one_fork_refuses_waits_for_another() {
        Ladder ladder;
        const std::string video = "m=video ";
        const auto with_video = [&](std::string_view host, unsigned port, unsigned video_port) {
            return description(host, port) + video + std::to_string(video_port) + " RTP/AVP 96\r\n";
        };
        const auto port_of_video = [&](const Message& message) {
            return message.body().substr(message.body().find(video) + video.size(), 2);
        };
        ladder.from(kOutside, ladder.invite(kOutside, "desk", with_video(kOutside, 4000, 4002)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        const auto offered = ladder.b2bua().totals().ports_in_use;
        ladder.from(kPbx, ladder.answer(kPbx, far, 183, "one", with_video(kPbx, 6000, 0)));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("0 "), std::string(port_of_video(ladder.to(kOutside))));
        CPPUNIT_ASSERT_EQUAL(offered - 1, ladder.b2bua().totals().ports_in_use);   // of the caller's side alone
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, "two", with_video(kPbx, 7000, 7002)));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("21"), std::string(port_of_video(ladder.to(kOutside))));
        CPPUNIT_ASSERT_EQUAL(offered, ladder.b2bua().totals().ports_in_use);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, ladder.b2bua().totals().streams);
        CPPUNIT_ASSERT_EQUAL(std::size_t{8}, ladder.open());
    }

    void a_fork_yet_unheard_meets_no_wall() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 183, "one", description(kPbx, 6000)));
        ladder.acknowledge();
        ladder.skip(kOutside);
        ladder.media("198.51.100.99:8000", far);               // not the first fork's: kept for another
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.heard().size());
        ladder.from(kPbx, ladder.answer(kPbx, far, 183, "two", description("198.51.100.99", 8000)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.heard().size());
    }

    void a_second_answer_is_acknowledged_and_ended() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.from(kPbx, ladder.answer(kPbx, *talk.far, 200, "other", description(kPbx, 7000)));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        const auto bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        CPPUNIT_ASSERT_EQUAL(std::string_view("other"), bye.to_tag());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    void a_refusal_of_the_list_goes_to_the_next_target() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "twice", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 503, "pbx"));
        ladder.acknowledge();
        const auto second = ladder.to(kSpare);
        ladder.from(kSpare, ladder.answer(kSpare, second, 486, "spare"));
        CPPUNIT_ASSERT_EQUAL(486, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_silent_target_makes_room_for_the_next() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "twice", description(kOutside, 4000)));
        ladder.acknowledge();
        ladder.pass(2500ms);
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::invite);
    }

    void no_target_left_is_heard() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        ladder.pass(33s);
        CPPUNIT_ASSERT_EQUAL(408, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_redirection_from_inside_is_nobody_there() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        auto moved = ladder.answer(kPbx, ladder.to(kPbx), 302, "pbx");
        moved.set(sip::HeaderName::contact, "<sip:desk@198.51.100.77>");
        ladder.from(kPbx, moved);
        CPPUNIT_ASSERT_EQUAL(480, ladder.to(kOutside).status());
    }

    void ringing_for_ever_ends_by_timer_c() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 180, "pbx"));
        ladder.skip(kOutside);
        ladder.pass(11s);
        CPPUNIT_ASSERT_EQUAL(408, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::cancel);
        ladder.from(kPbx, ladder.answer(kPbx, far, 487, "pbx"));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void an_answer_without_ack_is_repeated_and_then_ended() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.skip(kOutside);
        ladder.acknowledge();
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, "pbx", description(kPbx, 6000)));
        const auto ok = ladder.to(kOutside);
        ladder.pass(600ms);
        CPPUNIT_ASSERT(ladder.to(kOutside).serialize() == ok.serialize());
        ladder.pass(32s);
        while (!ladder.quiet(kPbx))
            if (ladder.to(kPbx).method() == Method::bye) return;
        CPPUNIT_FAIL("the callee was not told");
    }

    void a_repeated_answer_gets_the_same_ack() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.from(kPbx, ladder.answer(kPbx, *talk.far, 200, "pbx", description(kPbx, 6000)));
        CPPUNIT_ASSERT(ladder.to(kPbx).serialize() == talk.far_ack->serialize());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    void both_sides_may_hang_up_at_once() {
        Ladder ladder;
        Talk talk(ladder);
        ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "BYE"));
        ladder.from(kPbx, ladder.backwards(kPbx, *talk.far, "BYE", "pbx"));
        const auto bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        ladder.from(kPbx, ladder.answer(kPbx, bye, 481, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void new_offers_from_both_sides_are_glare() {
        Ladder ladder;
        Talk talk(ladder);
        auto mine = ladder.within(talk.invite, *talk.ok, "INVITE");
        mine.set_body(description(kOutside, 4000, "sendonly"), "application/sdp");
        ladder.from(kOutside, mine);
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::invite);
        auto theirs = ladder.backwards(kPbx, *talk.far, "INVITE", "pbx");
        theirs.set_body(description(kPbx, 6000, "sendonly"), "application/sdp");
        ladder.from(kPbx, theirs);
        CPPUNIT_ASSERT_EQUAL(100, ladder.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(491, ladder.to(kPbx).status());
    }

    void a_refused_offer_changes_nothing() {
        Ladder ladder;
        Talk talk(ladder);
        const auto before = ladder.open();
        auto mine = ladder.within(talk.invite, *talk.ok, "INVITE");
        mine.set_body(description(kOutside, 4000) + "m=video 4002 RTP/AVP 96\r\n", "application/sdp");
        ladder.from(kOutside, mine);
        ladder.skip(kOutside);
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.open() > before);
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 488, {}));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(488, ladder.to(kOutside).status());
        CPPUNIT_ASSERT_EQUAL(before, ladder.open());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().streams);
    }

    void silence_ends_a_call() {
        Ladder ladder("[media]\ninactivity = \"20s\"\n");
        Talk talk(ladder);
        ladder.pass(21s);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
    }

    void a_command_ends_a_call_on_both_sides() {
        Ladder ladder;
        Talk talk(ladder);
        CPPUNIT_ASSERT(!ladder.b2bua().hang_up("nobody", ladder.now()));
        CPPUNIT_ASSERT(ladder.b2bua().hang_up(ladder.b2bua().calls().front().id, ladder.now()));
        ladder.pass(1ms);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
    }

    void draining_refuses_new_calls() {
        Ladder ladder;
        ladder.b2bua().drain(true);
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.to(kOutside);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(503, refused.status());
        CPPUNIT_ASSERT(refused.has(sip::HeaderName::retry_after));
    }

    void no_hop_left_is_refused() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.set(sip::HeaderName::max_forwards, "0");
        ladder.from(kOutside, invite);
        ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(483, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void the_inside_is_not_named_outside() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        auto ok = ladder.answer(kPbx, ladder.to(kPbx), 200, "pbx", description(kPbx, 6000));
        ok.set("Server", "inner/1");
        ok.add("X-Hop", "198.51.100.10");
        ok.add("History-Info", "<sip:one@198.51.100.10>;index=1, <sip:two@198.51.100.11>;index=1.1");
        ladder.from(kPbx, ok);
        const auto heard = ladder.to(kOutside).serialize();
        CPPUNIT_ASSERT(heard.find("198.51.100.") == std::string::npos);
        CPPUNIT_ASSERT(heard.find("inner") == std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestCalls);

}  // namespace sbc::test
