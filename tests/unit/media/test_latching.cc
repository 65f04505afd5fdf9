#include "tests/unit/media/relay_case.hh"

namespace {

using namespace media_test;
using base::Reason;

const Endpoint kNat = at("198.51.100.7:61000"), kNat1 = at("198.51.100.7:61001"), kThief = at("198.51.100.7:61002");

class LatchingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LatchingTest);
    CPPUNIT_TEST(the_first_port_of_the_signalling_address_is_learnt);
    CPPUNIT_TEST(other_addresses_never_teach);
    CPPUNIT_TEST(nothing_is_sent_to_an_inside_address_of_theirs);
    CPPUNIT_TEST(a_described_address_that_is_the_signalling_one_gets_packets_at_once);
    CPPUNIT_TEST(rtcp_is_learnt_apart);
    CPPUNIT_TEST(a_muxed_end_is_learnt_once);
    CPPUNIT_TEST(an_update_without_change_keeps_what_was_learnt);
    CPPUNIT_TEST(a_description_that_comes_late_keeps_what_was_learnt);
    CPPUNIT_TEST(a_changed_remote_or_rule_forgets);
    CPPUNIT_TEST(only_relearning_lets_a_new_port_in);
    CPPUNIT_TEST(a_change_at_one_end_leaves_the_other);
    CPPUNIT_TEST(an_unknown_signalling_address_holds);
    CPPUNIT_TEST_SUITE_END();

    struct Nat : Case {
        Nat() { behind_nat(a); }
    };

    void the_first_port_of_the_signalling_address_is_learnt() {
        Nat c;
        c.install();
        went(c.send(kNat, kOurA), kOurB, kB);
        const auto latched = c.relay.take_latched();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, latched.size());
        CPPUNIT_ASSERT(latched[0].stream == c.stream && latched[0].call.value == 7 && latched[0].side == Side::a);
        CPPUNIT_ASSERT(latched[0].component == Component::rtp);
        CPPUNIT_ASSERT(latched[0].local == kOurA && latched[0].remote == kNat);
        went(c.send(kB, kOurB), kOurA, kNat);
        went(c.send(kNat, kOurA), kOurB, kB);
        CPPUNIT_ASSERT(c.relay.take_latched().empty());
        CPPUNIT_ASSERT(!c.send(kThief, kOurA));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::wrong_source));
        CPPUNIT_ASSERT(c.counters(Side::a).latched == kNat);
    }

    void other_addresses_never_teach() {
        Nat c;
        c.install();
        CPPUNIT_ASSERT(!c.send(at("198.51.100.8:61000"), kOurA));
        CPPUNIT_ASSERT(!c.send(at("192.168.1.5:4000"), kOurA));  // the described one neither
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, c.dropped(Reason::wrong_source));
        CPPUNIT_ASSERT(c.relay.take_latched().empty());
    }

    void nothing_is_sent_to_an_inside_address_of_theirs() {
        Nat c;
        c.install();
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        CPPUNIT_ASSERT(!c.send(kB1, kOurB1, rtcp()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, c.dropped(Reason::no_destination));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, c.counters(Side::b).dropped);
    }

    void a_described_address_that_is_the_signalling_one_gets_packets_at_once() {
        Nat c;
        c.a.rtp_remote = kA;
        c.install();
        went(c.send(kB, kOurB), kOurA, kA);
        went(c.send(kNat, kOurA), kOurB, kB);
        went(c.send(kB, kOurB), kOurA, kNat);
    }

    void rtcp_is_learnt_apart() {
        Nat c;
        c.install();
        went(c.send(kNat1, kOurA1, rtcp()), kOurB1, kB1);
        const auto latched = c.relay.take_latched();
        CPPUNIT_ASSERT(latched.size() == 1 && latched[0].component == Component::rtcp && latched[0].local == kOurA1);
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        went(c.send(kB1, kOurB1, rtcp()), kOurA1, kNat1);
        went(c.send(kNat, kOurA), kOurB, kB);
        CPPUNIT_ASSERT(!c.send(kThief, kOurA1, rtcp()));
    }

    void a_muxed_end_is_learnt_once() {
        Nat c;
        c.a.rtcp_local = kOurA;
        c.a.rtcp_remote = c.a.rtp_remote;
        c.install();
        went(c.send(kNat, kOurA, rtcp()), kOurB1, kB1);
        const auto latched = c.relay.take_latched();
        CPPUNIT_ASSERT(latched.size() == 1 && latched[0].component == Component::rtp);
        CPPUNIT_ASSERT(!c.send(kThief, kOurA, rtp(1)));
        went(c.send(kNat, kOurA, rtp(1)), kOurB, kB);
        went(c.send(kB1, kOurB1, rtcp()), kOurA, kNat);
        CPPUNIT_ASSERT(c.relay.take_latched().empty());
    }

    void an_update_without_change_keeps_what_was_learnt() {
        Nat c;
        c.install();
        c.send(kNat, kOurA);
        c.a.may_send = false;
        c.update();
        went(c.send(kB, kOurB), kOurA, kNat);
        CPPUNIT_ASSERT(!c.send(kThief, kOurA));
    }

    void a_description_that_comes_late_keeps_what_was_learnt() {
        Nat c;
        const auto rtp_remote = std::exchange(c.a.rtp_remote, std::nullopt);
        const auto rtcp_remote = std::exchange(c.a.rtcp_remote, std::nullopt);
        c.install();
        c.send(kNat, kOurA);
        c.a.rtp_remote = rtp_remote;
        c.a.rtcp_remote = rtcp_remote;
        c.update();
        went(c.send(kB, kOurB), kOurA, kNat);
    }

    void a_changed_remote_or_rule_forgets() {
        for (int change = 0; change < 3; ++change) {
            Nat c;
            c.install();
            c.send(kNat, kOurA);
            if (change == 0) c.a.rtp_remote = at("192.168.1.5:4444");
            if (change == 1) c.a.learn_from = at("198.51.100.8:1").address;
            if (change == 2) {
                c.a.rule = SourceRule::negotiated;
                c.a.rtp_remote = kA;
            }
            c.update();
            const Endpoint next = change == 0 ? kThief : change == 1 ? at("198.51.100.8:5") : kA;
            CPPUNIT_ASSERT(!c.counters(Side::a).latched);
            went(c.send(next, kOurA), kOurB, kB);
            went(c.send(kB, kOurB), kOurA, next);
            CPPUNIT_ASSERT(!c.send(kNat, kOurA));
        }
    }

    void only_relearning_lets_a_new_port_in() {
        Nat c;
        c.install();
        c.send(kNat, kOurA);
        c.send(kNat1, kOurA1, rtcp());
        c.relay.take_latched();
        c.update(true);
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        went(c.send(kThief, kOurA), kOurB, kB);
        went(c.send(kThief, kOurA1, rtcp()), kOurB1, kB1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, c.relay.take_latched().size());
        CPPUNIT_ASSERT(!c.send(kNat, kOurA));
    }

    void a_change_at_one_end_leaves_the_other() {
        Nat c;
        c.install();
        c.send(kNat, kOurA);
        c.b.rtp_remote = at("10.0.0.9:7000");
        c.update();
        went(c.send(at("10.0.0.9:7000"), kOurB), kOurA, kNat);
        CPPUNIT_ASSERT(!c.send(kThief, kOurA));
    }

    void an_unknown_signalling_address_holds() {
        Nat c;
        const auto learn_from = std::exchange(c.a.learn_from, base::Address{});
        c.install();
        CPPUNIT_ASSERT(!c.send(kNat, kOurA));
        c.a.learn_from = learn_from;
        c.update();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.take_released().size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.take_latched().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LatchingTest);

}  // namespace
