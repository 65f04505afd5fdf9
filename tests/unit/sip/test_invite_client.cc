#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class InviteClientTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(InviteClientTest);
    CPPUNIT_TEST(a_doubles_until_b_gives_up);
    CPPUNIT_TEST(over_a_stream_there_is_no_a);
    CPPUNIT_TEST(a_provisional_response_stops_a_and_b);
    CPPUNIT_TEST(a_failure_is_acknowledged_until_d);
    CPPUNIT_TEST(the_ack_repeats_branch_routes_and_credentials);
    CPPUNIT_TEST(over_a_stream_d_is_zero);
    CPPUNIT_TEST(every_2xx_reaches_the_user_until_m);
    CPPUNIT_TEST(over_a_stream_m_is_not_zero);
    CPPUNIT_TEST(accepted_hears_nothing_but_2xx);
    CPPUNIT_TEST(cancel_leaves_at_once_after_a_provisional_response);
    CPPUNIT_TEST(cancel_and_ack_repeat_routes_and_require_nothing);
    CPPUNIT_TEST(cancel_waits_for_a_provisional_response);
    CPPUNIT_TEST(cancel_of_a_silent_peer_ends_with_b);
    CPPUNIT_TEST(cancel_without_an_answer_gives_up_after_64_t1);
    CPPUNIT_TEST(cancel_crosses_with_200);
    CPPUNIT_TEST(cancel_before_anything_meets_a_200);
    CPPUNIT_TEST(cancel_after_a_final_response_is_nothing);
    CPPUNIT_TEST(what_comes_back_fails_what_has_heard_nothing);
    CPPUNIT_TEST(a_dead_flow_fails_what_waits);
    CPPUNIT_TEST(a_dead_flow_is_nothing_after_the_answer);
    CPPUNIT_TEST(an_abandoned_request_is_silent);
    CPPUNIT_TEST_SUITE_END();

    static void same(std::string_view expected, const std::string& seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), seen);
    }
    static void holds(const std::string& bytes, const std::string& text) {
        CPPUNIT_ASSERT_MESSAGE(bytes + " lacks " + text, bytes.find(text) != std::string::npos);
    }
    static void empty(Ladder& ladder) { CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size()); }
    static std::string via_of(const std::string& bytes) {
        const auto at = bytes.find("Via: ");
        return bytes.substr(at, bytes.find("\r\n", at) - at);
    }

    void a_doubles_until_b_gives_up() {
        Ladder ladder;
        same("INVITE@0", ladder.request(sip::Method::invite));
        same("INVITE@500 INVITE@1500 INVITE@3500 INVITE@7500 INVITE@15500 INVITE@31500 "
             "client_failed:request_timeout@32000", ladder.run(60s));
        for (const auto& send : ladder.sends) CPPUNIT_ASSERT(send.bytes == ladder.sends[0].bytes);
        empty(ladder);
    }

    void over_a_stream_there_is_no_a() {
        Ladder ladder;
        ladder.request(sip::Method::invite, tcp_flow());
        same("client_failed:request_timeout@32000", ladder.run(60s));
        CPPUNIT_ASSERT(via_of(ladder.sends[0].bytes->c_str()).find("rport") == std::string::npos);
        empty(ladder);
    }

    void a_provisional_response_stops_a_and_b() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        same("INVITE@500", ladder.run(700ms));
        same("+100@700", ladder.receive(answer_to(ladder.last_bytes(), 100)));
        same("+180@700", ladder.receive(answer_to(ladder.last_bytes(), 180)));
        same("", ladder.run(3600s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().counts().invite_clients);
    }

    void a_failure_is_acknowledged_until_d() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        same("ACK@0 +486@0", ladder.receive(answer_to(sent, 486)));
        const std::string ack = ladder.last_bytes();
        same("", ladder.run(31999ms));
        same("ACK@31999", ladder.receive(answer_to(sent, 486)));
        CPPUNIT_ASSERT_EQUAL(ack, ladder.last_bytes());
        same("", ladder.receive(answer_to(sent, 180)));
        same("", ladder.run(1ms));
        empty(ladder);
        same("refused:stray_response@32000", ladder.receive(answer_to(sent, 486)));
    }

    void the_ack_repeats_branch_routes_and_credentials() {
        Ladder ladder;
        sip::Message invite = outgoing(sip::Method::invite);
        invite.add(sip::HeaderName::route, "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>");
        invite.add(sip::HeaderName::route, "<sip:p3.example.com;lr>");
        invite.add(sip::HeaderName::proxy_authorization, "Digest username=\"x\"");
        ladder.layer().request(std::move(invite), udp_flow(), "sbc.example.com:5070", ladder.now());
        const std::string sent = *ladder.layer().take_sends()[0].bytes;
        holds(via_of(sent), "Via: SIP/2.0/UDP sbc.example.com:5070;branch=z9hG4bK2a");
        ladder.receive(answer_to(sent, 407, "xyz"));
        const std::string ack = ladder.last_bytes();
        CPPUNIT_ASSERT_EQUAL(std::string("ACK sip:bob@198.51.100.7 SIP/2.0"), start_line_of(ack));
        CPPUNIT_ASSERT_EQUAL(via_of(sent), via_of(ack));
        holds(ack, "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\nRoute: <sip:p3.example.com;lr>\r\n");
        holds(ack, "To: <sip:bob@example.net>;tag=xyz\r\n");
        holds(ack, "CSeq: 7 ACK\r\n");
        holds(ack, "Proxy-Authorization: Digest username=\"x\"\r\n");
    }

    void over_a_stream_d_is_zero() {
        Ladder ladder;
        ladder.request(sip::Method::invite, tcp_flow());
        same("ACK@0 +404@0", ladder.receive(answer_to(ladder.last_bytes(), 404), tcp_flow()));
        empty(ladder);
    }

    void every_2xx_reaches_the_user_until_m() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        same("+200@0", ladder.receive(answer_to(sent, 200, "fork1")));
        same("", ladder.run(31999ms));
        same("+200@31999", ladder.receive(answer_to(sent, 200, "fork2")));
        same("", ladder.run(1ms));
        empty(ladder);
        same("refused:stray_response@32000", ladder.receive(answer_to(sent, 200, "fork2")));
    }

    void over_a_stream_m_is_not_zero() {
        Ladder ladder;
        ladder.request(sip::Method::invite, tcp_flow());
        ladder.receive(answer_to(ladder.last_bytes(), 200), tcp_flow());
        ladder.run(31999ms);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
        ladder.run(1ms);
        empty(ladder);
    }

    void accepted_hears_nothing_but_2xx() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        ladder.receive(answer_to(sent, 200));
        same("", ladder.receive(answer_to(sent, 180)));
        same("", ladder.receive(answer_to(sent, 486)));
    }

    void cancel_leaves_at_once_after_a_provisional_response() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        ladder.receive(answer_to(sent, 180));
        same("CANCEL@0", ladder.cancel("SIP;cause=200;text=\"Call completed elsewhere\""));
        const std::string cancel = ladder.last_bytes();
        CPPUNIT_ASSERT_EQUAL(via_of(sent), via_of(cancel));
        CPPUNIT_ASSERT_EQUAL(std::string("CANCEL sip:bob@198.51.100.7 SIP/2.0"), start_line_of(cancel));
        holds(cancel, "CSeq: 7 CANCEL\r\n");
        holds(cancel, "To: <sip:bob@example.net>\r\n");
        holds(cancel, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
        same("", ladder.cancel());
        same("CANCEL@500 CANCEL@1500", ladder.run(2s));
        same("", ladder.receive(answer_to(cancel, 200)));
        same("ACK@2000 +487@2000", ladder.receive(answer_to(sent, 487)));
        same("", ladder.run(60s));
        empty(ladder);
    }

    void cancel_and_ack_repeat_routes_and_require_nothing() {
        Ladder ladder;
        sip::Message invite = outgoing(sip::Method::invite);
        invite.add(sip::HeaderName::route, "<sip:p1.example.com;lr>");
        invite.add(sip::HeaderName::route, "<sip:p2.example.com;lr>");
        invite.add(sip::HeaderName::require, "100rel");
        invite.add(sip::HeaderName::proxy_require, "foo");
        ladder.client = ladder.layer().request(std::move(invite), udp_flow(), {}, ladder.now());
        const std::string sent = *ladder.layer().take_sends()[0].bytes;
        ladder.receive(answer_to(sent, 180));
        same("CANCEL@0", ladder.cancel());
        const std::string cancel = ladder.last_bytes();
        same("ACK@0 +487@0", ladder.receive(answer_to(sent, 487)));
        for (const auto& bytes : {cancel, ladder.last_bytes()}) {
            holds(bytes, "Route: <sip:p1.example.com;lr>\r\nRoute: <sip:p2.example.com;lr>\r\n");
            CPPUNIT_ASSERT(bytes.find("Require") == std::string::npos && bytes.find("Via: ") == bytes.rfind("Via: "));
        }
        for (const auto& send : ladder.sends) CPPUNIT_ASSERT(send.flow == udp_flow());
    }

    void cancel_waits_for_a_provisional_response() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        same("", ladder.cancel());
        same("INVITE@500", ladder.run(600ms));
        same("CANCEL@600 +100@600", ladder.receive(answer_to(sent, 100)));
        ladder.receive(answer_to(ladder.last_bytes(), 200));
        ladder.receive(answer_to(sent, 487));
        ladder.run(60s);
        empty(ladder);
    }

    void cancel_of_a_silent_peer_ends_with_b() {
        Ladder ladder;
        ladder.request(sip::Method::invite, tcp_flow());
        ladder.cancel();
        same("client_failed:request_timeout@32000", ladder.run(60s));
        empty(ladder);
    }

    void cancel_without_an_answer_gives_up_after_64_t1() {
        Ladder ladder;
        ladder.request(sip::Method::invite, tcp_flow());
        ladder.receive(answer_to(ladder.last_bytes(), 180), tcp_flow());
        ladder.run(100s);
        ladder.mark();
        same("CANCEL@0", ladder.cancel());
        ladder.receive(answer_to(ladder.last_bytes(), 200), tcp_flow());
        same("client_failed:request_timeout@32000", ladder.run(60s));
        empty(ladder);
    }

    void cancel_crosses_with_200() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        ladder.receive(answer_to(sent, 180));
        ladder.cancel();
        const std::string cancel = ladder.last_bytes();
        same("+200@0", ladder.receive(answer_to(sent, 200)));
        same("", ladder.receive(answer_to(cancel, 481)));
        same("", ladder.run(60s));
        empty(ladder);
    }

    void cancel_before_anything_meets_a_200() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        ladder.cancel();
        same("+200@0", ladder.receive(answer_to(ladder.last_bytes(), 200)));
        same("", ladder.run(60s));
        empty(ladder);
    }

    void cancel_after_a_final_response_is_nothing() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        ladder.receive(answer_to(ladder.last_bytes(), 486));
        same("", ladder.cancel());
        ladder.run(60s);
        same("", ladder.cancel());
        empty(ladder);
    }

    void what_comes_back_fails_what_has_heard_nothing() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string first = ladder.last_bytes();
        CPPUNIT_ASSERT(sip::Transactions::worker_of_request(first) == base::WorkerId{0x2a});
        ladder.request(sip::Method::invite);
        const std::string second = ladder.last_bytes();
        const auto end_of_via = first.find("\r\n", first.find("\r\n") + 2) + 2;
        for (std::size_t cut = 0; cut < end_of_via; ++cut) same("", ladder.come_back(std::string_view(first).substr(0, cut)));
        auto elsewhere = udp_flow();
        ++elsewhere.remote.port;
        same("", ladder.come_back(first, elsewhere));
        auto forged = first;
        forged[first.find("branch=") + 12] ^= 1;
        same("", ladder.come_back(forged));
        same("", ladder.come_back("SIP/2.0 200 OK" + first.substr(first.find("\r\n"))));
        same("client_failed:transport_failed@0", ladder.come_back(std::string_view(first).substr(0, end_of_via)));
        same("", ladder.come_back(first));
        ladder.receive(answer_to(second, 180));
        same("", ladder.come_back(second));        // it was heard: who sends this?
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
    }

    void a_dead_flow_fails_what_waits() {
        Ladder ladder;
        base::Flow unconnected = tcp_flow(0);
        ladder.request(sip::Method::invite, unconnected);
        ladder.request(sip::Method::invite, tcp_flow());
        ladder.request(sip::Method::invite, tcp_flow(9));
        same("client_failed:transport_failed@0", ladder.fail(unconnected));
        same("client_failed:transport_failed@0", ladder.fail(tcp_flow()));
        same("", ladder.fail(udp_flow()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
        ladder.run(60s);
        empty(ladder);
    }

    void a_dead_flow_is_nothing_after_the_answer() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        const std::string sent = ladder.last_bytes();
        ladder.receive(answer_to(sent, 200));
        same("", ladder.fail(udp_flow()));
        same("+200@0", ladder.receive(answer_to(sent, 200)));
        ladder.run(60s);
        empty(ladder);
    }

    void an_abandoned_request_is_silent() {
        Ladder ladder;
        ladder.request(sip::Method::invite);
        ladder.layer().abandon(ladder.client);
        ladder.layer().abandon(ladder.client);
        empty(ladder);
        same("", ladder.run(60s));
        same("refused:stray_response@60000", ladder.receive(answer_to(ladder.last_bytes(), 180)));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(InviteClientTest);

}  // namespace
