#include "tests/unit/media/relay_case.hh"

namespace {

using namespace media_test;
using base::Reason;

class EarlyPacketsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(EarlyPacketsTest);
    CPPUNIT_TEST(packets_before_the_answer_are_released_in_order);
    CPPUNIT_TEST(others_are_refused_when_the_answer_comes);
    CPPUNIT_TEST(the_newest_sixteen_are_kept);
    CPPUNIT_TEST(an_oversized_packet_is_not_kept);
    CPPUNIT_TEST(junk_is_not_kept);
    CPPUNIT_TEST(a_late_offer_keeps_the_callees_first_words);
    CPPUNIT_TEST(an_answer_of_no_media_drops_what_was_kept);
    CPPUNIT_TEST(a_removed_stream_counts_what_it_kept);
    CPPUNIT_TEST(a_fork_gets_what_the_first_has_kept_for_it);
    CPPUNIT_TEST(the_first_of_two_unanswered_forks_keeps);
    CPPUNIT_TEST(an_update_without_news_keeps_on_holding);
    CPPUNIT_TEST_SUITE_END();

    struct Unanswered : Case {
        Unanswered() {
            b.rtp_remote.reset();
            b.rtcp_remote.reset();
            install();
        }
        void answer() {
            b.rtp_remote = kB;
            b.rtcp_remote = kB1;
            update();
        }
    };

    void packets_before_the_answer_are_released_in_order() {
        Unanswered c;
        CPPUNIT_ASSERT(!c.send(kB, kOurB, rtp(1)));
        CPPUNIT_ASSERT(!c.send(kB, kOurB, rtp(2)));
        CPPUNIT_ASSERT(!c.send(kB1, kOurB1, rtcp()));
        CPPUNIT_ASSERT(c.relay.take_released().empty());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.counters(Side::b).packets);
        c.answer();
        const auto released = c.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, released.size());
        went(released[0].way, kOurA, kA);
        CPPUNIT_ASSERT(released[0].payload == rtp(1) && released[1].payload == rtp(2));
        went(released[2].way, kOurA1, kA1);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, c.counters(Side::b).packets);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.counters(Side::b).dropped);
        went(c.send(kB, kOurB, rtp(3)), kOurA, kA);
        CPPUNIT_ASSERT(c.relay.take_released().empty());
    }

    void others_are_refused_when_the_answer_comes() {
        Unanswered c;
        c.send(at("10.0.0.66:5000"), kOurB);
        c.send(kB, kOurB);
        c.answer();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.take_released().size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::wrong_source));
    }

    void the_newest_sixteen_are_kept() {
        Unanswered c;
        for (std::uint16_t i = 0; i < 20; ++i) c.send(kB, kOurB, rtp(i));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, c.dropped(Reason::held_too_many));
        c.answer();
        const auto released = c.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{16}, released.size());
        CPPUNIT_ASSERT(released.front().payload == rtp(4) && released.back().payload == rtp(19));
    }

    void an_oversized_packet_is_not_kept() {
        Unanswered c;
        auto large = rtp(1);
        large.resize(3000);
        c.send(kB, kOurB, large);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::held_too_many));
    }

    void junk_is_not_kept() {
        Unanswered c;
        c.send(kB, kOurB, {0, 1, 2});
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::not_rtp));
    }

    // The 200 brings the callee's offer; it may send before the ACK has brought the caller's answer.
    void a_late_offer_keeps_the_callees_first_words() {
        Case c;
        c.a.rtp_remote.reset();
        c.a.rtcp_remote.reset();
        c.install();
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.dropped(Reason::no_destination));
        c.a.rtp_remote = kA;
        c.update();
        const auto released = c.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, released.size());
        went(released[0].way, kOurA, kA);
    }

    void an_answer_of_no_media_drops_what_was_kept() {
        Unanswered c;
        c.send(kB, kOurB);
        c.relay.remove(c.stream);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::wrong_source));
        CPPUNIT_ASSERT(c.relay.take_released().empty());
    }

    void a_removed_stream_counts_what_it_kept() {
        Case c;
        c.a.rtp_remote.reset();
        c.install();
        c.send(kB, kOurB);
        c.relay.remove(c.stream);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::no_destination));
    }

    void a_fork_gets_what_the_first_has_kept_for_it() {
        Unanswered c;
        c.send(at("10.0.0.10:6000"), kOurB);
        End a = c.a, b = c.b;
        a.rtp_local = at("203.0.113.1:20010");
        a.rtcp_local = at("203.0.113.1:20011");
        b.rtp_remote = at("10.0.0.10:6000");
        c.relay.install({base::CallNumber{7}, {a, b}}, c.now);
        const auto released = c.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, released.size());
        went(released[0].way, a.rtp_local, kA);
        c.answer();
        CPPUNIT_ASSERT(c.relay.take_released().empty());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.dropped(Reason::wrong_source));
    }

    void the_first_of_two_unanswered_forks_keeps() {
        Unanswered c;
        End a = c.a, b = c.b;
        a.rtp_local = at("203.0.113.1:20010");
        a.rtcp_local = at("203.0.113.1:20011");
        const auto second = c.relay.install({base::CallNumber{7}, {a, b}}, c.now);
        c.send(kB, kOurB);
        c.update();  // says nothing new, and does not lose its turn
        b.rtp_remote = kB;
        c.relay.update(second, {a, b}, false, c.now);
        const auto released = c.relay.take_released();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, released.size());
        went(released[0].way, a.rtp_local, kA);
    }

    void an_update_without_news_keeps_on_holding() {
        Unanswered c;
        c.send(kB, kOurB);
        c.update();
        c.update();
        CPPUNIT_ASSERT(c.relay.take_released().empty());
        c.answer();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.take_released().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EarlyPacketsTest);

}  // namespace
