#include <cppunit/extensions/HelperMacros.h>

#include "sdp/bandwidth.hh"

namespace {

class BandwidthTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(BandwidthTest);
    CPPUNIT_TEST(what_it_says_itself_counts);
    CPPUNIT_TEST(else_its_first_codec_does);
    CPPUNIT_TEST(refused_lines_take_nothing);
    CPPUNIT_TEST(hostile_values_are_bounded);
    CPPUNIT_TEST_SUITE_END();

    static std::uint64_t kbits(const std::string& media, const std::string& session = {}) {
        const auto parsed = sdp::Session::parse(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n" + session + "t=0 0\r\n" + media, {});
        CPPUNIT_ASSERT(parsed);
        return sdp::kbits_of(*parsed);
    }

    void what_it_says_itself_counts() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{500}, kbits("m=audio 4000 RTP/AVP 0\r\n", "b=AS:500\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{40 + 2000},
                             kbits("m=audio 4000 RTP/AVP 0\r\nb=AS:40\r\nm=video 4002 RTP/AVP 96\r\nb=CT:9\r\nb=TIAS:1999001\r\n"));
    }

    void else_its_first_codec_does() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{87}, kbits("m=audio 4000 RTP/AVP 8 18\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{31}, kbits("m=audio 4000 RTP/AVP 18 8\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{64}, kbits("m=audio 4000 RTP/AVP 96 8\r\na=rtpmap:9 G722/8000\r\na=rtpmap:96 OPUS/48000/2\r\n"));
        CPPUNIT_ASSERT_EQUAL(sdp::kUsualKbits, kbits("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 unheard-of/8000\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1000 + 64}, kbits("m=video 4000 RTP/AVP 96\r\nm=image 4002 udptl t38\r\n"));
    }

    void refused_lines_take_nothing() {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{87}, kbits("m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\nb=AS:4000\r\n"));
    }

    void hostile_values_are_bounded() {
        for (const auto value : {"AS:99999999999999999999", "AS:-1", "AS:", "TIAS:x", "X"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(value, std::uint64_t{87}, kbits("m=audio 4000 RTP/AVP 0\r\nb=" + std::string(value) + "\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{10'000'000}, kbits("m=audio 4000 RTP/AVP 0\r\nb=AS:9999999999\r\n"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BandwidthTest);

}  // namespace
