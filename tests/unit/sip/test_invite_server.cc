#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class InviteServerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(InviteServerTest);
    CPPUNIT_TEST(trying_leaves_before_the_user_is_asked);
    CPPUNIT_TEST(a_repeated_invite_gets_the_last_provisional_again);
    CPPUNIT_TEST(g_doubles_up_to_t2_and_h_gives_up);
    CPPUNIT_TEST(an_ack_stops_g_and_i_absorbs_further_ones);
    CPPUNIT_TEST(a_repeated_invite_gets_the_final_failure_again);
    CPPUNIT_TEST(over_a_stream_there_is_no_g_and_no_i);
    CPPUNIT_TEST(over_a_stream_h_gives_up);
    CPPUNIT_TEST(an_accepted_invite_is_absorbed_until_l);
    CPPUNIT_TEST(over_a_stream_l_is_not_zero);
    CPPUNIT_TEST(the_user_repeats_its_2xx_through_the_transaction);
    CPPUNIT_TEST(the_ack_of_a_2xx_reaches_the_user);
    CPPUNIT_TEST(an_ack_before_any_final_response_is_stray);
    CPPUNIT_TEST(nothing_follows_a_final_response);
    CPPUNIT_TEST(timestamp_is_repeated_in_trying);
    CPPUNIT_TEST(a_dead_stream_is_told_once_and_nothing_is_sent);
    CPPUNIT_TEST(a_stream_that_closes_after_the_answer_is_no_failure);
    CPPUNIT_TEST_SUITE_END();

    static void same(std::string_view expected, const std::string& seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), seen);
    }

    void trying_leaves_before_the_user_is_asked() {
        Ladder ladder;
        same("100@0 +INVITE@0", ladder.receive(invite()));
        CPPUNIT_ASSERT(ladder.last_bytes().find("To: <sip:bob@example.net>\r\n") != std::string::npos);
        same("180@0", ladder.respond(180));
        same("", ladder.run(3600s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().counts().invite_servers);
    }

    void a_repeated_invite_gets_the_last_provisional_again() {
        Ladder ladder;
        ladder.receive(invite());
        same("100@0", ladder.receive(invite()));
        ladder.respond(180);
        same("180@0", ladder.receive(invite()));
        ladder.respond(183);
        same("183@0", ladder.receive(invite()));
    }

    void g_doubles_up_to_t2_and_h_gives_up() {
        Ladder ladder;
        ladder.receive(invite());
        same("486@0", ladder.respond(486));
        same("486@500 486@1500 486@3500 486@7500 486@11500 486@15500 486@19500 486@23500 486@27500 486@31500 "
             "server_failed:request_timeout@32000", ladder.run(60s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void an_ack_stops_g_and_i_absorbs_further_ones() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(486);
        same("486@500", ladder.run(600ms));
        same("", ladder.receive(ack("b")));
        same("", ladder.run(4999ms));
        same("", ladder.receive(ack("b")));
        same("", ladder.receive(invite()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
        same("", ladder.run(1ms));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void a_repeated_invite_gets_the_final_failure_again() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(486);
        same("486@0", ladder.receive(invite()));
        same("486@500", ladder.run(600ms));
    }

    void over_a_stream_there_is_no_g_and_no_i() {
        Ladder ladder;
        ladder.receive(invite(), tcp_flow());
        same("486@0", ladder.respond(486));
        same("", ladder.run(31s));
        same("", ladder.receive(ack("b"), tcp_flow()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void over_a_stream_h_gives_up() {
        Ladder ladder;
        ladder.receive(invite(), tcp_flow());
        ladder.respond(603);
        same("server_failed:request_timeout@32000", ladder.run(60s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void an_accepted_invite_is_absorbed_until_l() {
        Ladder ladder;
        ladder.receive(invite());
        same("200@0", ladder.respond(200));
        same("", ladder.run(31999ms));
        same("", ladder.receive(invite()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
        same("", ladder.run(1ms));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void over_a_stream_l_is_not_zero() {
        Ladder ladder;
        ladder.receive(invite(), tcp_flow());
        ladder.respond(200);
        same("", ladder.run(31999ms));
        same("+ACK@31999", ladder.receive(ack("b"), tcp_flow()));
        same("", ladder.run(1ms));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void the_user_repeats_its_2xx_through_the_transaction() {
        Ladder ladder;
        ladder.receive(invite());
        const sip::Message ok = ladder.layer().respond_with(ladder.server, 200, "b");
        for (int i = 0; i < 3; ++i) ladder.layer().respond(ladder.server, ok, ladder.now());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, ladder.layer().take_sends().size());
        same("", ladder.run(40s));
        ladder.layer().respond(ladder.server, ok, ladder.now());
        CPPUNIT_ASSERT(ladder.layer().take_sends().empty());
    }

    void the_ack_of_a_2xx_reaches_the_user() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(200);
        Text own_branch = ack("b");
        own_branch.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKtwo;rport";
        same("+ACK@0", ladder.receive(own_branch));
        same("+ACK@0", ladder.receive(ack("b")));  // the INVITE's own branch, as some write it
    }

    void an_ack_before_any_final_response_is_stray() {
        Ladder ladder;
        ladder.receive(invite());
        same("refused:stray_ack@0", ladder.receive(ack("b")));
    }

    void nothing_follows_a_final_response() {
        Ladder ladder;
        ladder.receive(invite());
        const sip::Message ringing = ladder.layer().respond_with(ladder.server, 180, "b");
        const sip::Message busy = ladder.layer().respond_with(ladder.server, 486, "b");
        ladder.respond(200);
        ladder.layer().respond(ladder.server, ringing, ladder.now());
        ladder.layer().respond(ladder.server, busy, ladder.now());
        CPPUNIT_ASSERT(ladder.layer().take_sends().empty());
    }

    void timestamp_is_repeated_in_trying() {
        Ladder ladder;
        Text text = invite();
        text.more = "Timestamp: 54\r\n";
        ladder.receive(text);
        CPPUNIT_ASSERT(ladder.last_bytes().find("Timestamp: 54\r\n") != std::string::npos);
    }

    void a_dead_stream_is_told_once_and_nothing_is_sent() {
        Ladder ladder;
        ladder.receive(invite(), tcp_flow());
        same("", ladder.fail(tcp_flow(8)));
        same("", ladder.fail(udp_flow()));
        same("server_failed:transport_failed@0", ladder.fail(tcp_flow()));
        same("", ladder.fail(tcp_flow()));
        same("", ladder.respond(480));
        same("server_failed:request_timeout@32000", ladder.run(60s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }

    void a_stream_that_closes_after_the_answer_is_no_failure() {
        Ladder ladder;
        ladder.receive(invite(), tcp_flow());
        ladder.respond(200);
        same("", ladder.fail(tcp_flow()));
        same("", ladder.run(60s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(InviteServerTest);

}  // namespace
