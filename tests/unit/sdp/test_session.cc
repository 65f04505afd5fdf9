#include <cppunit/extensions/HelperMacros.h>

#include <chrono>

#include "sdp/session.hh"

namespace {

using base::Endpoint;
using base::Reason;
using sdp::Direction;
using sdp::Session;

const std::string kHead = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";
const std::string kTimed = kHead + "c=IN IP4 192.0.2.1\r\nt=0 0\r\n";

Session parsed(const std::string& text) {
    auto session = Session::parse(text, {});
    CPPUNIT_ASSERT_MESSAGE(text, session);
    return *session;
}

std::optional<Reason> refusal(const std::string& text, const sdp::Limits& limits = {}) {
    const auto session = Session::parse(text, limits);
    return session ? std::nullopt : std::optional(session.error());
}

class SessionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SessionTest);
    CPPUNIT_TEST(what_is_not_understood_survives_byte_for_byte);
    CPPUNIT_TEST(bare_line_feeds_are_read_and_crlf_is_written);
    CPPUNIT_TEST(the_session_level_counts_where_the_media_level_is_silent);
    CPPUNIT_TEST(the_media_level_wins);
    CPPUNIT_TEST(rtcp_is_the_next_port_unless_said_otherwise);
    CPPUNIT_TEST(rtcp_of_a_muxed_line_keeps_its_way_back);
    CPPUNIT_TEST(ports_may_come_with_a_count);
    CPPUNIT_TEST(ipv6_is_read);
    CPPUNIT_TEST(port_zero_and_hold_by_address_are_nowhere_to_send_to);
    CPPUNIT_TEST(a_host_name_gives_no_address);
    CPPUNIT_TEST(of_several_connection_lines_the_first_counts);
    CPPUNIT_TEST(multicast_and_misshapen_connections_are_refused);
    CPPUNIT_TEST(numbers_are_digits_in_range);
    CPPUNIT_TEST(lines_without_shape_are_refused);
    CPPUNIT_TEST(the_origin_is_the_second_line_and_no_other);
    CPPUNIT_TEST(an_origin_with_blanks_in_its_user_is_read_from_its_end);
    CPPUNIT_TEST(active_media_without_any_connection_is_refused);
    CPPUNIT_TEST(each_limit_holds);
    CPPUNIT_TEST(protocols_beside_rtp_have_no_rtcp);
    CPPUNIT_TEST(time_grows_in_proportion_to_the_text);
    CPPUNIT_TEST_SUITE_END();

    void what_is_not_understood_survives_byte_for_byte() {
        const std::string text = kTimed +
                                 "b=TIAS:64000\r\nk=prompt\r\na=X-odd: \t two  blanks \r\na=group:BUNDLE 0 1\r\nZ=nobody knows\r\n"
                                 "m=audio  49170 RTP/AVP 0   8\r\ni=a \xc3\xa4 title\r\na=rtpmap:0 PCMU/8000\r\na=\r\n"
                                 "m=x-odd 9 foo/bar some thing\r\na=fmtp:97 a=b;c=\"d\"\r\n";
        CPPUNIT_ASSERT_EQUAL(text, parsed(text).to_string());
    }

    void bare_line_feeds_are_read_and_crlf_is_written() {
        std::string bare;
        for (const char c : kTimed)
            if (c != '\r') bare += c;
        CPPUNIT_ASSERT_EQUAL(kTimed, parsed(bare).to_string());
        CPPUNIT_ASSERT_EQUAL(kTimed, parsed(kTimed.substr(0, kTimed.size() - 2)).to_string());
        CPPUNIT_ASSERT_EQUAL(kTimed, parsed(kTimed + "\r\n\n").to_string());
    }

    void the_session_level_counts_where_the_media_level_is_silent() {
        const auto session = parsed(kTimed + "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\n");
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, session.media().size());
        for (const auto& media : session.media()) {
            CPPUNIT_ASSERT(media.direction == Direction::inactive);
            CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), media.address->to_string());
        }
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1:4002"), session.media()[1].rtp()->to_string());
        CPPUNIT_ASSERT(Direction::sendrecv == parsed(kTimed + "m=audio 4 RTP/AVP 0\r\n").media()[0].direction);
    }

    void the_media_level_wins() {
        const auto session = parsed(kTimed + "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\na=recvonly\r\n");
        CPPUNIT_ASSERT(session.media()[0].direction == Direction::recvonly);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.9:4000"), session.media()[0].rtp()->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.9:4001"), session.media()[0].rtcp->to_string());
    }

    void rtcp_is_the_next_port_unless_said_otherwise() {
        const auto rtcp = [](const std::string& line) {
            return parsed(kTimed + "m=audio 4000 RTP/AVP 0\r\n" + line).media()[0].rtcp;
        };
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1:4001"), rtcp("")->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1:53020"), rtcp("a=rtcp:53020\r\n")->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7:53020"), rtcp("a=rtcp:53020 IN IP4 192.0.2.7\r\n")->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::7]:5"), rtcp("a=rtcp:5 IN IP6 2001:db8::7\r\n")->to_string());
        CPPUNIT_ASSERT(!rtcp("a=rtcp:53020 IN IP4 phone.example.com\r\n"));
        CPPUNIT_ASSERT(!rtcp("a=rtcp:9 IN IP4 0.0.0.0\r\n"));
        CPPUNIT_ASSERT(!parsed(kTimed + "m=audio 65535 RTP/AVP 0\r\n").media()[0].rtcp);
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4 RTP/AVP 0\r\na=rtcp:+5\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4 RTP/AVP 0\r\na=rtcp:5 IN IP4\r\n"));
    }

    void rtcp_of_a_muxed_line_keeps_its_way_back() {
        const auto media = parsed(kTimed + "m=audio 4000 RTP/SAVPF 0\r\na=rtcp-mux\r\n").media()[0];
        CPPUNIT_ASSERT(media.rtcp_mux);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1:4001"), media.rtcp->to_string());
        CPPUNIT_ASSERT(!parsed(kTimed + "a=rtcp-mux\r\nm=audio 4000 RTP/AVP 0\r\n").media()[0].rtcp_mux);
    }

    void ports_may_come_with_a_count() {
        const auto media = parsed(kTimed + "m=audio 4000/3 RTP/AVP 0\r\n").media()[0];
        CPPUNIT_ASSERT_EQUAL(4000, int{media.port});
        CPPUNIT_ASSERT_EQUAL(3, int{media.port_count});
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4000/0 RTP/AVP 0\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4000 RTP/10.1.2.3 0\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4000/ RTP/AVP 0\r\n"));
    }

    void ipv6_is_read() {
        const auto session = parsed("v=0\r\no=- 1 7 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nm=audio 4 RTP/AVP 0\r\n");
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::1]:4"), session.media()[0].rtp()->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"), session.origin_address()->to_string());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, session.origin_version());
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kHead + "c=IN IP4 2001:db8::1\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kHead + "c=IN IP6 192.0.2.1\r\n"));
    }

    void port_zero_and_hold_by_address_are_nowhere_to_send_to() {
        const auto refused = parsed(kTimed + "m=audio 0 RTP/AVP 0\r\n").media()[0];
        CPPUNIT_ASSERT(!refused.rtp() && !refused.rtcp && !refused.hold_by_address);
        for (const char* zero : {"c=IN IP4 0.0.0.0\r\n", "c=IN IP6 ::\r\n"}) {
            const auto held = parsed(kTimed + "m=audio 4000 RTP/AVP 0\r\n" + zero).media()[0];
            CPPUNIT_ASSERT(held.hold_by_address && !held.rtp() && !held.rtcp);
            CPPUNIT_ASSERT_EQUAL(4000, int{held.port});
        }
    }

    void a_host_name_gives_no_address() {
        const auto media = parsed(kHead + "c=IN IP4 phone.example.com\r\nm=audio 4000 RTP/AVP 0\r\n").media()[0];
        CPPUNIT_ASSERT(!media.address && !media.rtp() && !media.rtcp && !media.hold_by_address);
        CPPUNIT_ASSERT(!parsed(kHead + "c=ATM NSAP 47.0091\r\nm=audio 4 RTP/AVP 0\r\n").media()[0].address);
    }

    void of_several_connection_lines_the_first_counts() {
        const auto session = parsed(kTimed + "m=audio 4 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\nc=IN IP4 192.0.2.3\r\n");
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.2"), session.media()[0].address->to_string());
    }

    void multicast_and_misshapen_connections_are_refused() {
        for (const char* bad : {"IN IP4 224.2.1.1/127/3", "IN IP4 224.2.1.1", "IN IP6 ff15::101", "IN IP6 ff15::101/3",
                                "IN IP4 192.0.2.1/24", "IN IP4 255.255.255.255", "IN IP4", "IN IP4 192.0.2.256",
                                "IN IP4 192.0.2.1 x", "IN IP7 192.0.2.1", "", "IN IP4 192.0.2", "IN IP6 [2001:db8::1]"})
            CPPUNIT_ASSERT_MESSAGE(bad, Reason::bad_sdp == refusal(kHead + "c=" + bad + "\r\nm=audio 4 RTP/AVP 0\r\n"));
    }

    void numbers_are_digits_in_range() {
        for (const char* port : {"65536", "-1", "+5", "0x10", "4294971296", "", "5 5"})
            CPPUNIT_ASSERT_MESSAGE(port, !Session::parse(kTimed + "m=audio " + port + "\r\n", {}));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, parsed("v=0\r\no=- 1 99999999999999999999 IN IP4 192.0.2.1\r\n").origin_version());
    }

    void lines_without_shape_are_refused() {
        for (const std::string& bad : {std::string("a"), std::string("abc"), std::string("=x"), std::string(" a=x"),
                                       std::string("a=x\ry"), std::string("a=x\0y", 5), std::string("\r\nb=y"),
                                       std::string("v=0"), std::string("a =x"), std::string("\xff=x")})
            CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + bad + "\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(""));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal("v=1\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal("o=- 1 2 IN IP4 192.0.2.1\r\nv=0\r\n"));
    }

    void the_origin_is_the_second_line_and_no_other() {
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal("v=0\r\ns=-\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "o=- 1 2 IN IP4 192.0.2.1\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal("v=0\r\na=x\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal("v=0\r\nm=audio 0 RTP/AVP 0\r\no=- 1 2 IN IP4 192.0.2.1\r\n"));
        for (const char* bad : {"", "-", "1 2 IN IP4 192.0.2.1", "- 1  IN IP4 192.0.2.1", " 1 2 IN IP4 192.0.2.1"})
            CPPUNIT_ASSERT_MESSAGE(bad, Reason::bad_sdp == refusal("v=0\r\no=" + std::string(bad) + "\r\ns=-\r\n"));
    }

    void an_origin_with_blanks_in_its_user_is_read_from_its_end() {
        const auto session = parsed("v=0\r\no=Jane Doe 5 6 IN IP4 192.0.2.1\r\ns=-\r\n");
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{6}, session.origin_version());
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), session.origin_address()->to_string());
        CPPUNIT_ASSERT(!parsed("v=0\r\no=- 5 6 IN IP4 phone.example.com\r\ns=-\r\n").origin_address());
    }

    void active_media_without_any_connection_is_refused() {
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kHead + "m=audio 4000 RTP/AVP 0\r\n"));
        CPPUNIT_ASSERT(!refusal(kHead + "m=audio 0 RTP/AVP 0\r\n"));
        CPPUNIT_ASSERT(Reason::bad_sdp == refusal(kTimed + "m=audio 4000 RTP/AVP\r\n"));
        CPPUNIT_ASSERT(!refusal(kTimed + "m=audio 0 RTP/AVP\r\n"));
    }

    void each_limit_holds() {
        const sdp::Limits few{.bytes = 300, .media = 2, .formats = 3, .attributes = 2, .line_bytes = 60};
        const std::string m = "m=audio 0 RTP/AVP 0\r\n";
        CPPUNIT_ASSERT(!refusal(kTimed + m + m, few));
        CPPUNIT_ASSERT(Reason::sdp_limit == refusal(kTimed + m + m + m, few));
        CPPUNIT_ASSERT(!refusal(kTimed + "m=audio 4 RTP/AVP 0 1 2\r\n", few));
        CPPUNIT_ASSERT(Reason::sdp_limit == refusal(kTimed + "m=audio 4 RTP/AVP 0 1 2 3\r\n", few));
        CPPUNIT_ASSERT(!refusal(kTimed + "a=x\r\na=y\r\n", few));
        CPPUNIT_ASSERT(Reason::sdp_limit == refusal(kTimed + "a=x\r\n" + m + "a=y\r\na=z\r\n", few));
        CPPUNIT_ASSERT(!refusal(kTimed + "b=" + std::string(58, 'x') + "\r\n", few));
        CPPUNIT_ASSERT(Reason::sdp_limit == refusal(kTimed + "b=" + std::string(59, 'x') + "\r\n", few));
        CPPUNIT_ASSERT(Reason::sdp_limit == refusal(std::string(301, 'v'), few));
    }

    void protocols_beside_rtp_have_no_rtcp() {
        const auto session = parsed(kTimed + "m=image 4000 udptl t38\r\nm=message 7 TCP/MSRP *\r\nm=audio 4 udp/tls/rtp/savpf 0\r\n");
        CPPUNIT_ASSERT(!session.media()[0].is_rtp && !session.media()[0].rtcp);
        CPPUNIT_ASSERT_EQUAL(std::string("TCP/MSRP"), session.media()[1].protocol);
        CPPUNIT_ASSERT(session.media()[2].is_rtp && session.media()[2].rtcp);
    }

    // Quadratic behaviour would cost minutes here, not milliseconds; the bound is wide for sanitizers and slow machines.
    void time_grows_in_proportion_to_the_text() {
        const sdp::Limits wide{.bytes = 1 << 24, .media = 1 << 20, .formats = 1 << 20, .attributes = 1 << 20, .line_bytes = 1 << 22};
        std::string text = kTimed + "m=audio 4 RTP/AVP";
        for (int i = 0; i < 100'000; ++i) text += " 1";
        text += "\r\n";
        for (int i = 0; i < 100'000; ++i) text += "m=audio 4 RTP/AVP 1\r\na=x:1.2.3:a:b:c\r\n";
        const auto start = std::chrono::steady_clock::now();
        auto session = Session::parse(text, wide);
        CPPUNIT_ASSERT(session);
        const std::vector<std::optional<sdp::Anchor>> anchors(session->media().size());
        session->anchor(anchors);
        session->hide({});
        CPPUNIT_ASSERT(!session->to_string().empty());
        CPPUNIT_ASSERT(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTest);

}  // namespace
