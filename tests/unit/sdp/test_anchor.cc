#include <cppunit/extensions/HelperMacros.h>

#include "sdp/session.hh"

namespace {

using base::Endpoint;
using sdp::Anchor;
using sdp::Direction;
using sdp::Session;
using Anchors = std::vector<std::optional<Anchor>>;

const std::string kHead = "v=0\r\no=- 1 2 IN IP4 10.1.2.3\r\ns=-\r\n";
const std::string kConnection = "c=IN IP4 10.1.2.3\r\n";
const std::string kOurs = "c=IN IP4 203.0.113.5\r\n";

Anchor at(const std::string& rtp, const std::string& rtcp) { return {*Endpoint::parse(rtp), *Endpoint::parse(rtcp)}; }

const Anchor kFirst = at("203.0.113.5:30000", "203.0.113.5:30001");
const Anchor kSecond = at("203.0.113.5:30002", "203.0.113.5:30003");

Session anchored(const std::string& text, const Anchors& anchors) {
    auto session = Session::parse(text, {});
    CPPUNIT_ASSERT_MESSAGE(text, session);
    session->anchor(anchors);
    const auto again = Session::parse(session->to_string(), {});
    CPPUNIT_ASSERT_MESSAGE(session->to_string(), again);
    for (std::size_t i = 0; i < anchors.size(); ++i) {  // media() says what is written
        CPPUNIT_ASSERT(again->media()[i].rtp() == session->media()[i].rtp());
        CPPUNIT_ASSERT(again->media()[i].rtcp == session->media()[i].rtcp);
        CPPUNIT_ASSERT(again->media()[i].direction == session->media()[i].direction);
    }
    return *session;
}

class AnchorTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AnchorTest);
    CPPUNIT_TEST(port_and_connection_become_ours_and_nothing_else_changes);
    CPPUNIT_TEST(a_media_level_connection_is_replaced_in_its_place);
    CPPUNIT_TEST(several_connection_lines_become_one);
    CPPUNIT_TEST(a_line_at_another_address_gets_its_own_connection);
    CPPUNIT_TEST(without_a_session_connection_each_line_has_its_own);
    CPPUNIT_TEST(the_family_is_that_of_our_address);
    CPPUNIT_TEST(a_missing_anchor_refuses_the_line);
    CPPUNIT_TEST(port_zero_stays_and_leaks_nothing);
    CPPUNIT_TEST(all_lines_refused_leak_nothing);
    CPPUNIT_TEST(the_default_rtcp_port_is_not_said);
    CPPUNIT_TEST(another_rtcp_port_is_said_in_the_place_of_theirs);
    CPPUNIT_TEST(muxed_rtcp_is_not_said_where_both_know);
    CPPUNIT_TEST(other_ways_to_the_peer_go);
    CPPUNIT_TEST(a_count_of_ports_goes);
    CPPUNIT_TEST(hold_by_address_becomes_a_direction);
    CPPUNIT_TEST(a_host_name_is_replaced);
    CPPUNIT_TEST(the_origin_is_written_anew);
    CPPUNIT_TEST_SUITE_END();

    void same(const std::string& expected, const Session& session) { CPPUNIT_ASSERT_EQUAL(expected, session.to_string()); }

    void port_and_connection_become_ours_and_nothing_else_changes() {
        const std::string rest = "b=AS:64\r\nt=0 0\r\na=X-odd:  keep \r\n";
        const std::string tail = "a=rtpmap:0 PCMU/8000\r\na=fmtp:101 0-16\r\na=sendonly\r\n";
        same(kHead + kOurs + rest + "m=audio 30000 RTP/AVP 0 101\r\n" + tail,
             anchored(kHead + kConnection + rest + "m=audio 4000 RTP/AVP 0 101\r\n" + tail, {kFirst}));
    }

    void a_media_level_connection_is_replaced_in_its_place() {
        same(kHead + "t=0 0\r\nm=audio 30000 RTP/AVP 0\r\ni=title\r\n" + kOurs + "b=AS:1\r\na=x\r\n",
             anchored(kHead + "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\ni=title\r\n" + kConnection + "b=AS:1\r\na=x\r\n", {kFirst}));
    }

    void several_connection_lines_become_one() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\n" + kOurs,
             anchored(kHead + kConnection + kConnection + "m=audio 4 RTP/AVP 0\r\n" + kConnection + kConnection, {kFirst}));
    }

    void a_line_at_another_address_gets_its_own_connection() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\nm=video 500 RTP/AVP 96\r\nc=IN IP4 203.0.113.6\r\na=x\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\nm=video 6 RTP/AVP 96\r\na=x\r\n",
                      {kFirst, at("203.0.113.6:500", "203.0.113.6:501")}));
    }

    void without_a_session_connection_each_line_has_its_own() {
        same(kHead + "m=audio 30000 RTP/AVP 0\r\n" + kOurs + "m=video 0 RTP/AVP 96\r\n" + kOurs,
             anchored(kHead + "m=audio 4 RTP/AVP 0\r\n" + kConnection + "m=video 0 RTP/AVP 96\r\n", {kFirst, {}}));
    }

    void the_family_is_that_of_our_address() {
        const auto session = anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\n",
                                      {at("[2001:db8::5]:30000", "[2001:db8::5]:30001")});
        same(kHead + "c=IN IP6 2001:db8::5\r\nm=audio 30000 RTP/AVP 0\r\n", session);
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::5]:30001"), session.media()[0].rtcp->to_string());
    }

    void a_missing_anchor_refuses_the_line() {
        const auto session = anchored(kHead + kConnection + "m=message 7 TCP/MSRP *\r\nm=audio 4 RTP/AVP 0\r\n", {{}, kFirst});
        same(kHead + kOurs + "m=message 0 TCP/MSRP *\r\nm=audio 30000 RTP/AVP 0\r\n", session);
        CPPUNIT_ASSERT(!session.media()[0].rtp());
    }

    void port_zero_stays_and_leaks_nothing() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n" + kOurs + "a=x\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 10.9.9.9\r\n"
                      "a=rtcp:5 IN IP4 10.9.9.9\r\na=x\r\n", {kFirst, kSecond}));
    }

    void all_lines_refused_leak_nothing() {
        same(kHead + "c=IN IP4 0.0.0.0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\n" + kConnection, {{}}));
    }

    void the_default_rtcp_port_is_not_said() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=x\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\na=rtcp:9 IN IP4 10.1.2.3\r\na=x\r\n", {kFirst}));
    }

    void another_rtcp_port_is_said_in_the_place_of_theirs() {
        const std::string text = kHead + kConnection + "m=audio 4 RTP/AVP 0\r\na=rtcp:9 IN IP4 10.1.2.3\r\na=x\r\n";
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=rtcp:40001\r\na=x\r\n",
             anchored(text, {at("203.0.113.5:30000", "203.0.113.5:40001")}));
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=rtcp:30001 IN IP4 203.0.113.6\r\na=x\r\n",
             anchored(text, {at("203.0.113.5:30000", "203.0.113.6:30001")}));
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=x\r\na=rtcp:40001\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\na=x\r\n", {at("203.0.113.5:30000", "203.0.113.5:40001")}));
        same(kHead + kOurs + "m=image 30000 udptl t38\r\n",
             anchored(kHead + kConnection + "m=image 4 udptl t38\r\n", {at("203.0.113.5:30000", "203.0.113.5:40001")}));
    }

    void muxed_rtcp_is_not_said_where_both_know() {
        const Anchor muxed = at("203.0.113.5:30000", "203.0.113.5:30000");
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=rtcp-mux\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n", {muxed}));
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=rtcp:30000\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\n", {muxed}));
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=rtcp-mux\r\n",
             anchored(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\na=rtcp-mux\r\n", {kFirst}));
    }

    void other_ways_to_the_peer_go() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=mid:0\r\n",
             anchored(kHead + kConnection + "a=ice-lite\r\na=ice-options:trickle\r\nm=audio 4 RTP/AVP 0\r\na=ice-ufrag:x\r\n"
                      "a=ice-pwd:y\r\na=candidate:1 1 UDP 1 10.1.2.3 4 typ host\r\na=remote-candidates:1 10.1.2.3 5\r\n"
                      "a=end-of-candidates\r\na=alt:1 1 : x y 10.1.2.3 4\r\na=altc:1 IP4 10.1.2.3 4\r\na=ccap:1 IN IP4 10.1.2.3\r\n"
                      "a=mid:0\r\na=source-filter: incl IN IP4 10.1.2.3 10.1.2.4\r\na=ice-mismatch\r\n", {kFirst}));
    }

    void a_count_of_ports_goes() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\n",
             anchored(kHead + kConnection + "m=audio 4/2 RTP/AVP 0\r\n", {kFirst}));
    }

    void hold_by_address_becomes_a_direction() {
        const std::string zero = "c=IN IP4 0.0.0.0\r\n";
        const auto session = anchored(kHead + zero + "m=audio 4 RTP/AVP 0\r\na=sendrecv\r\na=x\r\n", {kFirst});
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\na=x\r\na=sendonly\r\n", session);
        CPPUNIT_ASSERT(session.media()[0].direction == Direction::sendonly && !session.media()[0].hold_by_address);
        same(kHead + kOurs + "a=recvonly\r\nm=audio 30000 RTP/AVP 0\r\na=inactive\r\n",
             anchored(kHead + zero + "a=recvonly\r\nm=audio 4 RTP/AVP 0\r\n", {kFirst}));
    }

    void a_host_name_is_replaced() {
        same(kHead + kOurs + "m=audio 30000 RTP/AVP 0\r\n",
             anchored(kHead + "c=IN IP4 pbx.inside.example\r\nm=audio 4 RTP/AVP 0\r\n", {kFirst}));
    }

    void the_origin_is_written_anew() {
        auto session = *Session::parse(kHead + kConnection + "m=audio 4 RTP/AVP 0\r\n", {});
        session.set_origin("sallyport", 77, 78, *base::Address::parse("2001:db8::5"));
        same("v=0\r\no=sallyport 77 78 IN IP6 2001:db8::5\r\ns=-\r\n" + kConnection + "m=audio 4 RTP/AVP 0\r\n", session);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{78}, session.origin_version());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AnchorTest);

}  // namespace
