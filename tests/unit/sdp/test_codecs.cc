// Codecs by name, offers made of them, and whether two descriptions speak of the same ones.
#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "sdp/codecs.hh"

namespace sdp::test {
namespace {

Session read(const std::string& text) {
    auto session = Session::parse(text, {});
    CPPUNIT_ASSERT(session);
    return std::move(*session);
}

Session audio(const std::string& formats, const std::string& attributes = {}) {
    return read("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " + formats +
                "\r\n" + attributes);
}

}  // namespace

class TestCodecs : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestCodecs);
    CPPUNIT_TEST(a_known_name_is_enough);
    CPPUNIT_TEST(any_other_needs_its_rate);
    CPPUNIT_TEST(what_is_no_codec_is_none);
    CPPUNIT_TEST(an_offer_names_each_codec_and_no_address);
    CPPUNIT_TEST(dynamic_numbers_are_given_once);
    CPPUNIT_TEST(what_was_told_is_offered_in_both_directions);
    CPPUNIT_TEST(the_same_codecs_may_stand_in_another_order);
    CPPUNIT_TEST(another_number_another_codec_or_a_refused_line_is_a_difference);
    CPPUNIT_TEST(numbers_are_kept_where_both_name_a_codec_alike);
    CPPUNIT_TEST(an_answer_mirrors_the_directions_of_its_offer);
    CPPUNIT_TEST_SUITE_END();

 public:
    void a_known_name_is_enough() {
        CPPUNIT_ASSERT(codec_of("PCMA") == (Codec{"PCMA", 8000, 1, std::uint8_t{8}}));
        CPPUNIT_ASSERT(codec_of("pcmu") == (Codec{"PCMU", 8000, 1, std::uint8_t{0}}));
        CPPUNIT_ASSERT(codec_of("opus") == (Codec{"opus", 48000, 2, {}}));
        CPPUNIT_ASSERT(codec_of("telephone-event/48000") == (Codec{"telephone-event", 48000, 1, {}}));
        CPPUNIT_ASSERT(codec_of("PCMU/16000") == (Codec{"PCMU", 16000, 1, {}}));
    }

    void any_other_needs_its_rate() {
        CPPUNIT_ASSERT(!codec_of("SILK"));
        CPPUNIT_ASSERT(codec_of("SILK/16000") == (Codec{"SILK", 16000, 1, {}}));
        CPPUNIT_ASSERT(codec_of("L16/44100/2") == (Codec{"L16", 44100, 2, {}}));
    }

    void what_is_no_codec_is_none() {
        for (const char* text : {"", "/8000", "PCMA/", "PCMA/0", "PCMA/8000/", "PCMA/8000/0", "PCMA/8000/9", "PCMA/x", "a b/8000",
                                 "PCMA/99999999", "x\r\na=y/8000", "PCMA/8000/1/1"})
            CPPUNIT_ASSERT_MESSAGE(text, !codec_of(text));
    }

    void an_offer_names_each_codec_and_no_address() {
        const auto text = audio_offer(std::vector{*codec_of("PCMA"), *codec_of("PCMU"), *codec_of("telephone-event")});
        CPPUNIT_ASSERT(text.find("m=audio 9 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
                                 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n") != text.npos);
        const auto session = read(text);
        CPPUNIT_ASSERT(!session.media().at(0).rtp());
        CPPUNIT_ASSERT(!session.media().at(0).hold_by_address);
        CPPUNIT_ASSERT(session.media().at(0).direction == Direction::sendrecv);
    }

    void dynamic_numbers_are_given_once() {
        std::vector<Codec> codecs{*codec_of("telephone-event"), *codec_of("telephone-event/48000")};
        for (int i = 0; i < 9; ++i) codecs.push_back(*codec_of("C" + std::to_string(i) + "/8000"));
        codecs.push_back(*codec_of("opus"));
        const auto session = read(audio_offer(codecs));
        const auto& formats = session.media().at(0).formats;
        CPPUNIT_ASSERT_EQUAL(std::string("101"), formats[0]);
        CPPUNIT_ASSERT_EQUAL(codecs.size(), formats.size());
        CPPUNIT_ASSERT_EQUAL(codecs.size(), std::set<std::string>(formats.begin(), formats.end()).size());
        CPPUNIT_ASSERT(session.to_string().find(" opus/48000/2\r\n") != std::string::npos);
    }

    void what_was_told_is_offered_in_both_directions() {
        const auto anew = read(offered_anew(audio("8 101", "a=rtpmap:101 telephone-event/8000\r\na=inactive\r\na=rtcp:4005\r\n")));
        CPPUNIT_ASSERT(anew.media().at(0).direction == Direction::sendrecv);
        CPPUNIT_ASSERT(!anew.media().at(0).rtp());
        CPPUNIT_ASSERT(same_codecs(anew, audio("101 8", "a=rtpmap:101 telephone-event/8000\r\n")));
    }

    void the_same_codecs_may_stand_in_another_order() {
        CPPUNIT_ASSERT(same_codecs(audio("8 0"), audio("0 8", "a=rtpmap:8 pcma/8000/1\r\na=rtpmap:0 PCMU/8000\r\n")));
    }

    void another_number_another_codec_or_a_refused_line_is_a_difference() {
        CPPUNIT_ASSERT(!same_codecs(audio("8 0"), audio("8")));
        CPPUNIT_ASSERT(!same_codecs(audio("96", "a=rtpmap:96 opus/48000/2\r\n"), audio("97", "a=rtpmap:97 opus/48000/2\r\n")));
        CPPUNIT_ASSERT(!same_codecs(audio("96", "a=rtpmap:96 opus/48000/2\r\n"), audio("96", "a=rtpmap:96 iLBC/8000\r\n")));
        const auto refused = read("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n");
        CPPUNIT_ASSERT(!same_codecs(audio("8"), refused));
        CPPUNIT_ASSERT(!mirrors(audio("8"), refused));
        CPPUNIT_ASSERT(!same_codecs(audio("8"), audio("8", "m=video 4002 RTP/AVP 31\r\n")));
    }

    void numbers_are_kept_where_both_name_a_codec_alike() {
        const auto ours = audio("8 101", "a=rtpmap:101 telephone-event/8000\r\n");
        CPPUNIT_ASSERT(keeps_numbers(ours, audio("8 0")));
        CPPUNIT_ASSERT(keeps_numbers(ours, audio("101 8", "a=rtpmap:101 telephone-event/8000\r\n")));
        CPPUNIT_ASSERT(!keeps_numbers(ours, audio("8 96", "a=rtpmap:96 telephone-event/8000\r\n")));
    }

    void an_answer_mirrors_the_directions_of_its_offer() {
        CPPUNIT_ASSERT(mirrors(audio("8"), audio("8")));
        CPPUNIT_ASSERT(mirrors(audio("8", "a=sendonly\r\n"), audio("8", "a=recvonly\r\n")));
        CPPUNIT_ASSERT(mirrors(audio("8", "a=inactive\r\n"), audio("8", "a=inactive\r\n")));
        CPPUNIT_ASSERT(!mirrors(audio("8"), audio("8", "a=recvonly\r\n")));
        CPPUNIT_ASSERT(!mirrors(audio("8", "a=rtcp-mux\r\n"), audio("8")));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestCodecs);

}  // namespace sdp::test
