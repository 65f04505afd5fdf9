#include "tests/unit/media/relay_case.hh"

namespace {

using namespace media_test;
using base::Reason;

class RelayTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RelayTest);
    CPPUNIT_TEST(rtp_and_rtcp_cross_both_ways_from_our_own_ports);
    CPPUNIT_TEST(an_unknown_port_is_counted);
    CPPUNIT_TEST(only_the_negotiated_source_passes);
    CPPUNIT_TEST(what_is_no_rtp_is_dropped);
    CPPUNIT_TEST(the_source_of_junk_learns_nothing_about_the_order_of_checks);
    CPPUNIT_TEST(a_plain_relay_passes_anything);
    CPPUNIT_TEST(a_muxed_side_meets_a_side_with_two_ports);
    CPPUNIT_TEST(marked_payload_types_pass_where_nothing_is_muxed);
    CPPUNIT_TEST(rtcp_without_a_known_remote_is_refused);
    CPPUNIT_TEST(counters_tell_packets_bytes_drops_and_loss);
    CPPUNIT_TEST(activity_is_the_later_of_both_ends);
    CPPUNIT_TEST(a_held_peer_is_forwarded_all_the_same);
    CPPUNIT_TEST(forks_share_a_port_and_are_told_apart_by_source);
    CPPUNIT_TEST(a_removed_stream_leaves_nothing);
    CPPUNIT_TEST(a_used_slot_gets_a_new_name);
    CPPUNIT_TEST(an_update_moves_the_ends);
    CPPUNIT_TEST(ipv4_meets_ipv6);
    CPPUNIT_TEST_SUITE_END();

    void rtp_and_rtcp_cross_both_ways_from_our_own_ports() {
        Case c;
        c.install();
        went(c.send(kA, kOurA), kOurB, kB);
        went(c.send(kB, kOurB), kOurA, kA);
        went(c.send(kA1, kOurA1, rtcp()), kOurB1, kB1);
        went(c.send(kB1, kOurB1, rtcp()), kOurA1, kA1);
    }

    void an_unknown_port_is_counted() {
        Case c;
        CPPUNIT_ASSERT(!c.send(kA, kOurA));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::unknown_port));
    }

    void only_the_negotiated_source_passes() {
        Case c;
        c.install();
        for (const char* wrong : {"198.51.100.7:4002", "198.51.100.8:4000", "198.51.100.7:4001"})
            CPPUNIT_ASSERT(!c.send(at(wrong), kOurA));
        CPPUNIT_ASSERT(!c.send(kA, kOurA1, rtcp()));
        CPPUNIT_ASSERT(!c.send(kB, kOurA));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, c.dropped(Reason::wrong_source));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, c.counters(Side::a).dropped);
        went(c.send(kA, kOurA), kOurB, kB);
        CPPUNIT_ASSERT(c.relay.take_latched().empty());
    }

    void what_is_no_rtp_is_dropped() {
        Case c;
        c.install();
        CPPUNIT_ASSERT(!c.send(kA, kOurA, {}));
        CPPUNIT_ASSERT(!c.send(kA, kOurA, {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
        CPPUNIT_ASSERT(!c.send(kA, kOurA, std::vector<std::uint8_t>(172, 22)));
        CPPUNIT_ASSERT(!c.send(kA1, kOurA1, rtp(1)));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, c.dropped(Reason::not_rtp));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.counters(Side::a).packets);
    }

    void the_source_of_junk_learns_nothing_about_the_order_of_checks() {
        Case c;
        c.behind_nat(c.a);
        c.install();
        CPPUNIT_ASSERT(!c.send(kA, kOurA, {1, 2, 3}));  // right source, but no RTP: nothing is latched
        CPPUNIT_ASSERT(c.relay.take_latched().empty());
        went(c.send(at("198.51.100.7:9000"), kOurA), kOurB, kB);
    }

    void a_plain_relay_passes_anything() {
        Case c;
        c.a.plain_relay = c.b.plain_relay = true;
        c.install();
        went(c.send(kA, kOurA, {1}), kOurB, kB);
        went(c.send(kA, kOurA, {}), kOurB, kB);
        went(c.send(kA1, kOurA1, {0x80, 1}), kOurB1, kB1);
        CPPUNIT_ASSERT(!c.send(kB, kOurA, {1}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, c.counters(Side::a).lost);
    }

    void a_muxed_side_meets_a_side_with_two_ports() {
        Case c;
        c.a.rtcp_local = kOurA;
        c.a.rtcp_remote = kA;
        c.install();
        went(c.send(kA, kOurA, rtp(1)), kOurB, kB);
        went(c.send(kA, kOurA, rtcp()), kOurB1, kB1);
        went(c.send(kB1, kOurB1, rtcp()), kOurA, kA);
        auto short_rtcp = rtcp();
        short_rtcp[3] = 9;
        CPPUNIT_ASSERT(!c.send(kA, kOurA, short_rtcp));
        CPPUNIT_ASSERT(!c.send(kA, kOurA1, rtcp()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::unknown_port));
    }

    void marked_payload_types_pass_where_nothing_is_muxed() {
        Case c;
        c.install();
        auto marked = rtp(1);
        marked[1] = 0x80 | 72;
        went(c.send(kA, kOurA, marked), kOurB, kB);
    }

    void rtcp_without_a_known_remote_is_refused() {
        Case c;
        c.a.rtcp_remote.reset();
        c.install();
        CPPUNIT_ASSERT(!c.send(kA1, kOurA1, rtcp()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::wrong_source));
        CPPUNIT_ASSERT(!c.send(kB1, kOurB1, rtcp()));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::no_destination));
    }

    void counters_tell_packets_bytes_drops_and_loss() {
        Case c;
        c.install();
        c.send(kA, kOurA, rtp(1));
        c.send(kA, kOurA, rtp(4));
        c.send(kA1, kOurA1, rtcp());
        c.send(kB, kOurA);
        const auto& a = c.counters(Side::a);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, a.packets);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{172 * 2 + 28}, a.bytes);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, a.dropped);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, a.lost);
        CPPUNIT_ASSERT_EQUAL(kA.to_string(), a.latched->to_string());
        CPPUNIT_ASSERT(a.last_packet == c.now);
        CPPUNIT_ASSERT(!c.counters(Side::b).latched);
    }

    void activity_is_the_later_of_both_ends() {
        Case c;
        c.install();
        const auto start = c.now;
        CPPUNIT_ASSERT(c.relay.last_activity(c.stream) == start);
        c.now += std::chrono::seconds(5);
        c.send(kB, kOurB);
        const auto heard = c.now;
        c.now += std::chrono::seconds(5);
        c.send(kB, kOurA);
        CPPUNIT_ASSERT(c.relay.last_activity(c.stream) == heard);
        CPPUNIT_ASSERT(c.relay.last_activity(media::StreamId{99}) == base::Time{});
    }

    void a_held_peer_is_forwarded_all_the_same() {
        Case c;
        c.a.may_send = false;
        c.install();
        went(c.send(kA, kOurA), kOurB, kB);
        went(c.send(kA1, kOurA1, rtcp()), kOurB1, kB1);
    }

    void forks_share_a_port_and_are_told_apart_by_source() {
        Case c;
        c.install();
        Case fork;
        fork.a.rtp_local = at("203.0.113.1:20010");
        fork.a.rtcp_local = at("203.0.113.1:20011");
        fork.b.rtp_remote = at("10.0.0.10:6000");
        fork.b.rtcp_remote = at("10.0.0.10:6001");
        const auto second = c.relay.install({base::CallNumber{7}, {fork.a, fork.b}}, c.now);
        went(c.send(kB, kOurB), kOurA, kA);
        went(c.send(at("10.0.0.10:6000"), kOurB), fork.a.rtp_local, kA);
        went(c.send(at("10.0.0.10:6001"), kOurB1, rtcp()), fork.a.rtcp_local, kA1);
        went(c.send(kA, fork.a.rtp_local), kOurB, at("10.0.0.10:6000"));
        CPPUNIT_ASSERT(!c.send(at("10.0.0.11:6000"), kOurB));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::wrong_source));
        c.relay.remove(c.stream);
        went(c.send(at("10.0.0.10:6000"), kOurB), fork.a.rtp_local, kA);
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        c.relay.remove(second);
        CPPUNIT_ASSERT(!c.send(at("10.0.0.10:6000"), kOurB));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, c.dropped(Reason::unknown_port));
    }

    void a_removed_stream_leaves_nothing() {
        Case c;
        c.install();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.size());
        c.relay.remove(c.stream);
        c.relay.remove(c.stream);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, c.relay.size());
        CPPUNIT_ASSERT(!c.relay.counters(c.stream, Side::a) && !c.relay.spec(c.stream));
        for (const auto& local : {kOurA, kOurA1, kOurB, kOurB1}) CPPUNIT_ASSERT(!c.send(kA, local));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, c.dropped(Reason::unknown_port));
        c.update();  // of nothing: harmless
        c.relay.remove(media::StreamId{});
    }

    void a_used_slot_gets_a_new_name() {
        Case c;
        const auto first = c.install();
        c.relay.remove(first);
        CPPUNIT_ASSERT(c.install() != first);
        c.relay.remove(first);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, c.relay.size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, c.relay.spec(c.stream)->call.value);
    }

    void an_update_moves_the_ends() {
        Case c;
        c.install();
        c.a.rtp_local = at("203.0.113.1:20020");
        c.b.rtp_remote = at("10.0.0.9:7000");
        c.update();
        CPPUNIT_ASSERT(!c.send(kA, kOurA));
        went(c.send(kA, at("203.0.113.1:20020")), kOurB, at("10.0.0.9:7000"));
        CPPUNIT_ASSERT(!c.send(kB, kOurB));
        went(c.send(at("10.0.0.9:7000"), kOurB), at("203.0.113.1:20020"), kA);
    }

    void ipv4_meets_ipv6() {
        Case c;
        c.b.rtp_local = at("[2001:db8::1]:30000");
        c.b.rtp_remote = at("[2001:db8::9]:5000");
        c.install();
        went(c.send(kA, kOurA), c.b.rtp_local, *c.b.rtp_remote);
        went(c.send(*c.b.rtp_remote, c.b.rtp_local), kOurA, kA);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RelayTest);

}  // namespace
