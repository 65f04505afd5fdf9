// Session timers (RFC 4028) as ladders: end to end, and with each side by itself; who refreshes, and what expires.
#include <cppunit/extensions/HelperMacros.h>

#include "sbc/call_journal.hh"
#include "sip/option_tags.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

constexpr std::string_view kQuiet = "[media]\ninactivity = \"0s\"\n";
constexpr std::string_view kPhone = "[peers.phone]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\n";

std::string local_pbx(std::string_view more = {}) {
    return std::string(kQuiet) + "[[routes]]\nname = \"timed\"\nfrom = \"inside\"\nto = [\"spare\"]\nsession = { expires = \"10m\"" +
           std::string(more) + " }\n";
}

std::string text(const Message& message, HeaderName header) { return std::string(message.value(header)); }

// A call from inside to the spare target, whose side is timed by us.
struct Timed {
    explicit Timed(Ladder& ladder, std::string_view agreed = {}, std::string_view allow = "INVITE, ACK, BYE, UPDATE",
                   std::string_view offered = {}, std::string_view taken = {})
        : invite(ladder.invite(kPbx, "desk", description(kPbx, 4000).append(offered))) {
        invite.add(HeaderName::supported, "timer");
        invite.add(HeaderName::session_expires, "300;refresher=uac");
        ladder.from(kPbx, invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        far = ladder.to(kSpare);
        auto answer = ladder.answer(kSpare, *far, 200, "spare", description(kSpare, 6000).append(taken));
        if (!agreed.empty()) answer.add(HeaderName::session_expires, agreed);
        answer.add(HeaderName::allow, allow);
        ladder.from(kSpare, answer);
        ladder.acknowledge();
        ok = ladder.to(kPbx);
        ladder.from(kPbx, ladder.within(invite, *ok, "ACK"));
        ladder.skip(kSpare);
    }
    Message invite;
    std::optional<Message> far, ok;
};

}  // namespace

class TestSessionTimer : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestSessionTimer);
    CPPUNIT_TEST(both_sides_that_pass_agree_end_to_end);
    CPPUNIT_TEST(a_session_that_nobody_refreshes_ends_on_both_sides);
    CPPUNIT_TEST(a_refresh_that_passes_starts_the_time_anew);
    CPPUNIT_TEST(a_side_of_ours_is_asked_with_our_times_and_the_other_with_its_own);
    CPPUNIT_TEST(we_refresh_by_update_where_it_is_allowed);
    CPPUNIT_TEST(we_refresh_by_an_invite_that_repeats_what_was_sent);
    CPPUNIT_TEST(a_line_that_was_refused_stays_closed_in_a_refresh);
    CPPUNIT_TEST(a_refresh_that_finds_no_dialog_ends_the_call);
    CPPUNIT_TEST(a_refresh_that_meets_glare_is_sent_again);
    CPPUNIT_TEST(an_update_that_is_not_known_becomes_an_invite);
    CPPUNIT_TEST(a_side_that_refreshes_itself_is_waited_for);
    CPPUNIT_TEST(a_refresh_of_theirs_is_answered_here);
    CPPUNIT_TEST(too_short_a_session_is_422);
    CPPUNIT_TEST(a_422_is_answered_with_a_longer_session);
    CPPUNIT_TEST(off_says_nothing_of_sessions);
    CPPUNIT_TEST(a_session_is_refreshed_in_the_next_life);
    CPPUNIT_TEST(a_session_that_nobody_refreshes_ends_in_the_next_life);
    CPPUNIT_TEST(a_session_whose_time_was_over_meanwhile_ends_at_once);
    CPPUNIT_TEST_SUITE_END();

    static Message talk(Ladder& ladder, Message& invite, std::string_view agreed) {
        invite.add(HeaderName::supported, "timer");
        invite.add(HeaderName::session_expires, "120");
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(std::string("120"), text(far, HeaderName::session_expires));
        auto answer = ladder.answer(kPbx, far, 200, "pbx", description(kPbx, 6000));
        answer.add(HeaderName::session_expires, agreed);
        ladder.from(kPbx, answer);
        ladder.acknowledge();
        auto ok = ladder.to(kOutside);
        ladder.from(kOutside, ladder.within(invite, ok, "ACK"));
        ladder.skip(kPbx);
        return ok;
    }

    void both_sides_that_pass_agree_end_to_end() {
        Ladder ladder(kQuiet);
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        const auto ok = talk(ladder, invite, "120;refresher=uac");
        CPPUNIT_ASSERT_EQUAL(std::string("120;refresher=uac"), text(ok, HeaderName::session_expires));
    }

    void a_session_that_nobody_refreshes_ends_on_both_sides() {
        Ladder ladder(kQuiet);
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        talk(ladder, invite, "120;refresher=uac");
        ladder.pass(119s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
        ladder.pass(1s);
        for (const auto peer : {kOutside, kPbx}) {
            const auto bye = ladder.to(peer);
            CPPUNIT_ASSERT(bye.method() == Method::bye);
            CPPUNIT_ASSERT_EQUAL(std::string("SIP;cause=408;text=\"the session was not refreshed in time\""),
                                 text(bye, HeaderName::reason));
        }
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_refresh_that_passes_starts_the_time_anew() {
        Ladder ladder(kQuiet);
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        const auto ok = talk(ladder, invite, "120;refresher=uac");
        ladder.pass(60s);
        auto update = ladder.within(invite, ok, "UPDATE");
        update.add(HeaderName::session_expires, "120;refresher=uac");
        ladder.from(kOutside, update);
        auto answer = ladder.answer(kPbx, ladder.to(kPbx), 200, {});
        answer.add(HeaderName::session_expires, "120;refresher=uac");
        ladder.from(kPbx, answer);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        ladder.pass(119s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
    }

    void a_side_of_ours_is_asked_with_our_times_and_the_other_with_its_own() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "600;refresher=uas");
        CPPUNIT_ASSERT_EQUAL(std::string("600"), text(*call.far, HeaderName::session_expires));
        CPPUNIT_ASSERT_EQUAL(std::string("90"), text(*call.far, HeaderName::min_se));
        CPPUNIT_ASSERT(sip::has_option(*call.far, HeaderName::supported, "timer"));
        CPPUNIT_ASSERT_EQUAL(std::string("300;refresher=uac"), text(*call.ok, HeaderName::session_expires));
        CPPUNIT_ASSERT(sip::has_option(*call.ok, HeaderName::require, "timer"));
    }

    void we_refresh_by_update_where_it_is_allowed() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac");
        ladder.pass(100s);
        const auto update = ladder.to(kSpare);
        CPPUNIT_ASSERT(update.method() == Method::update && update.body().empty());
        CPPUNIT_ASSERT_EQUAL(std::string("600;refresher=uac"), text(update, HeaderName::session_expires));
        auto answer = ladder.answer(kSpare, update, 200, {});
        answer.add(HeaderName::session_expires, "200;refresher=uac");
        ladder.from(kSpare, answer);
        ladder.pass(99s);
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::update);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void we_refresh_by_an_invite_that_repeats_what_was_sent() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac", "INVITE, ACK, BYE");
        ladder.pass(100s);
        const auto again = ladder.to(kSpare);
        CPPUNIT_ASSERT(again.method() == Method::invite);
        CPPUNIT_ASSERT_EQUAL(std::string(call.far->body()), std::string(again.body()));
        auto answer = ladder.answer(kSpare, again, 200, {}, description(kSpare, 6000));
        answer.add(HeaderName::session_expires, "200;refresher=uac");
        ladder.from(kSpare, answer);
        const auto ack = ladder.to(kSpare);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.cseq() == again.cseq());
        ladder.from(kSpare, answer);
        CPPUNIT_ASSERT(ladder.to(kSpare).serialize() == ack.serialize());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().streams);
        ladder.pass(40s);
        ladder.from(kPbx, ladder.within(call.invite, *call.ok, "BYE"));
        const auto bye = ladder.to(kSpare);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ladder.from(kSpare, ladder.answer(kSpare, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_line_that_was_refused_stays_closed_in_a_refresh() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac", "INVITE, ACK, BYE", "m=video 4002 RTP/AVP 31\r\n", "m=video 0 RTP/AVP 31\r\n");
        ladder.pass(100s);
        const auto body = std::string(ladder.to(kSpare).body());
        const auto session = sdp::Session::parse(body, {});
        CPPUNIT_ASSERT_EQUAL_MESSAGE(body, std::size_t{2}, session->media().size());
        CPPUNIT_ASSERT(session->media()[0].port && !session->media()[1].port);
        CPPUNIT_ASSERT_EQUAL(sdp::Session::parse(call.far->body(), {})->media()[0].port, session->media()[0].port);
        CPPUNIT_ASSERT(session->origin_version() > sdp::Session::parse(call.far->body(), {})->origin_version());
    }

    void a_refresh_that_finds_no_dialog_ends_the_call() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac");
        ladder.pass(100s);
        ladder.from(kSpare, ladder.answer(kSpare, ladder.to(kSpare), 481, {}));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_refresh_that_meets_glare_is_sent_again() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac", "INVITE");
        ladder.pass(100s);
        ladder.from(kSpare, ladder.answer(kSpare, ladder.to(kSpare), 491, {}));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        ladder.pass(2s);
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        ladder.pass(2s);
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::invite);
    }

    void an_update_that_is_not_known_becomes_an_invite() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uac");
        ladder.pass(100s);
        ladder.from(kSpare, ladder.answer(kSpare, ladder.to(kSpare), 501, {}));
        ladder.pass(10ms);
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::invite);
    }

    void a_side_that_refreshes_itself_is_waited_for() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "200;refresher=uas");
        ladder.pass(167s);
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
        ladder.pass(1s);   // 32 s before its end
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
    }

    void a_refresh_of_theirs_is_answered_here() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "600;refresher=uas");
        auto update = ladder.within(call.invite, *call.ok, "UPDATE");
        update.set(HeaderName::via, "SIP/2.0/UDP 198.51.100.10:5060;branch=z9hG4bKrefresh;rport");
        update.add(HeaderName::supported, "timer");
        update.add(HeaderName::session_expires, "300;refresher=uac");
        ladder.from(kPbx, update);
        const auto ok = ladder.to(kPbx);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        CPPUNIT_ASSERT_EQUAL(std::string("300;refresher=uac"), text(ok, HeaderName::session_expires));
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
    }

    void too_short_a_session_is_422() {
        Ladder ladder(std::string(kPhone) + "session = { minimum = \"5m\" }\n");
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add(HeaderName::supported, "timer");
        invite.add(HeaderName::session_expires, "299");
        ladder.from(kOutside, invite);
        ladder.to(kOutside);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(422, refused.status());
        CPPUNIT_ASSERT_EQUAL(std::string("300"), text(refused, HeaderName::min_se));
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_422_is_answered_with_a_longer_session() {
        Ladder ladder(local_pbx());
        ladder.from(kPbx, ladder.invite(kPbx, "desk", description(kPbx, 4000)));
        ladder.skip(kPbx);
        ladder.acknowledge();
        const auto first = ladder.to(kSpare);
        auto small = ladder.answer(kSpare, first, 422, "spare");
        small.add(HeaderName::min_se, "1800");
        ladder.from(kSpare, small);
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        const auto second = ladder.to(kSpare);
        CPPUNIT_ASSERT_EQUAL(std::string("1800"), text(second, HeaderName::session_expires));
        CPPUNIT_ASSERT_EQUAL(std::string("1800"), text(second, HeaderName::min_se));
        CPPUNIT_ASSERT_EQUAL(first.cseq() + 1, second.cseq());
        CPPUNIT_ASSERT(first.call_id() == second.call_id() && first.body() == second.body());
        auto again = ladder.answer(kSpare, second, 422, "spare");
        again.add(HeaderName::min_se, "1800");
        ladder.from(kSpare, again);
        CPPUNIT_ASSERT_EQUAL(422, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void off_says_nothing_of_sessions() {
        Ladder ladder(std::string(kQuiet) + "[[routes]]\nname = \"mute\"\nfrom = \"inside\"\nto = [\"spare\"]\n"
                                            "session = { mode = \"off\" }\n");
        Timed call(ladder);
        CPPUNIT_ASSERT(!call.far->has(HeaderName::session_expires) && !call.far->has(HeaderName::supported));
        CPPUNIT_ASSERT(!call.ok->has(HeaderName::session_expires));
    }

    // By the rules that the call began with: the next process has read a policy without them.
    void a_session_is_refreshed_in_the_next_life() {
        for (const bool by_update : {true, false}) {
            Ladder ladder(local_pbx());
            Timed call(ladder, "200;refresher=uac", by_update ? "INVITE, ACK, BYE, UPDATE" : "INVITE, ACK, BYE");
            ladder.pass(40s);
            for (const auto wait : {60s, 100s}) {
                ladder.crash(kQuiet);
                ladder.pass(wait - 1s);
                CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
                ladder.pass(1s);
                const auto again = ladder.to(kSpare);
                CPPUNIT_ASSERT(again.method() == (by_update ? Method::update : Method::invite));
                CPPUNIT_ASSERT_EQUAL(by_update ? std::string() : std::string(call.far->body()), std::string(again.body()));
                CPPUNIT_ASSERT_EQUAL(std::string("600;refresher=uac"), text(again, HeaderName::session_expires));
                CPPUNIT_ASSERT(again.cseq() > call.far->cseq());
                auto answer = ladder.answer(kSpare, again, 200, {}, by_update ? "" : description(kSpare, 6000));
                answer.add(HeaderName::session_expires, "200;refresher=uac");
                ladder.from(kSpare, answer);
                if (!by_update) CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
            }
            ladder.from(kPbx, ladder.within(call.invite, *call.ok, "BYE"));
            const auto bye = ladder.to(kSpare);
            CPPUNIT_ASSERT(bye.method() == Method::bye);
            ladder.from(kSpare, ladder.answer(kSpare, bye, 200, {}));
            CPPUNIT_ASSERT(ladder.is_empty_after(80s));
        }
    }

    void a_session_that_nobody_refreshes_ends_in_the_next_life() {
        Ladder ladder(kQuiet);
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        talk(ladder, invite, "120;refresher=uac");
        ladder.pass(60s);
        ladder.crash(kQuiet);
        ladder.pass(59s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_session_whose_time_was_over_meanwhile_ends_at_once() {
        Ladder ladder(local_pbx());
        Timed call(ladder, "600;refresher=uas");
        auto& bytes = ladder.journal().begin()->second;
        auto record = *decode_call(bytes);
        CPPUNIT_ASSERT_EQUAL(300u, record.sessions[0].seconds);
        record.sessions[0].expires -= 300s;
        bytes = encode(record);
        ladder.crash(local_pbx());
        ladder.pass(1s);
        for (const auto peer : {kSpare, kPbx}) {
            const auto bye = ladder.to(peer);
            CPPUNIT_ASSERT(bye.method() == Method::bye && text(bye, HeaderName::reason).starts_with("SIP;cause=408"));
        }
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestSessionTimer);

}  // namespace sbc::test
