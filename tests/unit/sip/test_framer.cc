#include <cppunit/extensions/HelperMacros.h>

#include "sip/framer.hh"
#include "tests/unit/sip/corpus.hh"

namespace {

// All that comes out, as one text: what differs between two splits differs here.
std::string drain(sip::Framer& framer) {
    std::string out;
    for (;;) {
        const auto step = framer.next();
        if (std::holds_alternative<sip::Framer::NeedMore>(step)) return out;
        if (std::holds_alternative<sip::Framer::Ping>(step))
            out += "[ping]";
        else if (const auto* whole = std::get_if<sip::Framer::Complete>(&step))
            out += "[" + whole->bytes + "]";
        else
            return out +
                   "[broken: " + std::string(base::name_of(std::get<sip::Framer::Broken>(step).reason)) + "]";
    }
}

constexpr std::string_view kHead = "OPTIONS sip:a@b SIP/2.0\r\n";

class FramerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(FramerTest);
    CPPUNIT_TEST(every_split_of_every_torture_message_gives_the_same);
    CPPUNIT_TEST(messages_in_one_segment_come_out_one_by_one);
    CPPUNIT_TEST(a_double_crlf_is_a_ping_and_a_single_one_is_ignored);
    CPPUNIT_TEST(a_length_that_cannot_be_trusted_breaks_the_stream);
    CPPUNIT_TEST(what_is_no_sip_breaks_the_stream_at_its_first_byte);
    CPPUNIT_TEST(a_message_beyond_the_limit_breaks_the_stream_before_it_is_there);
    CPPUNIT_TEST(a_buffer_does_not_grow_with_the_messages_that_went_through);
    CPPUNIT_TEST_SUITE_END();

    const sip::Limits limits_;

    std::string whole(std::string_view bytes) const {
        sip::Framer framer(limits_);
        framer.feed(bytes);
        return drain(framer);
    }

    void every_split_of_every_torture_message_gives_the_same() {
        for (const TortureCase& one : torture_cases()) {
            const std::string expected = whole(one.bytes);
            sip::Framer slow(limits_);
            std::string seen;
            for (const char byte : one.bytes) {
                if (seen.find("[broken") != std::string::npos) break;
                slow.feed({&byte, 1});
                seen += drain(slow);
            }
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, expected, seen);
            for (std::size_t cut = 1; cut < one.bytes.size(); ++cut) {
                sip::Framer framer(limits_);
                framer.feed(std::string_view(one.bytes).substr(0, cut));
                std::string two = drain(framer);
                if (two.find("[broken") == std::string::npos) {
                    framer.feed(std::string_view(one.bytes).substr(cut));
                    two += drain(framer);
                }
                CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name + " cut at " + std::to_string(cut), expected, two);
            }
        }
    }

    void messages_in_one_segment_come_out_one_by_one() {
        const std::string first = std::string(kHead) + "Content-Length: 4\r\n\r\nbody";
        const std::string second = std::string(kHead) + "l : 0\r\n\r\n";
        CPPUNIT_ASSERT_EQUAL("[" + first + "][" + second + "][" + first + "]", whole(first + second + first));
    }

    void a_double_crlf_is_a_ping_and_a_single_one_is_ignored() {
        const std::string message = std::string(kHead) + "l: 0\r\n\r\n";
        CPPUNIT_ASSERT_EQUAL("[ping][" + message + "]", whole("\r\n\r\n" + message));
        CPPUNIT_ASSERT_EQUAL("[" + message + "]", whole("\r\n" + message));
        CPPUNIT_ASSERT_EQUAL("[" + message + "][ping][ping]", whole(message + "\r\n\r\n\r\n\r\n\r\n"));
    }

    void a_length_that_cannot_be_trusted_breaks_the_stream() {
        const std::string head(kHead);
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: bad_content_length]"),
                             whole(head + "Content-Length: +3\r\n\r\nabc"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: bad_content_length]"),
                             whole(head + "Content-Length: 0x3\r\n\r\nabc"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: bad_content_length]"),
                             whole(head + "Content-Length: -1\r\n\r\nabc"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: repeated_header]"),
                             whole(head + "Content-Length: 3\r\nl: 3\r\n\r\nabc"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: missing_header]"), whole(head + "\r\nabc"));
    }

    void what_is_no_sip_breaks_the_stream_at_its_first_byte() {
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: not_sip]"),
                             whole(std::string_view("\x16\x03\x01\x02", 4)));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: not_sip]"), whole(" INVITE sip:a@b SIP/2.0\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: not_sip]"), whole(std::string_view("\0", 1)));
    }

    void a_message_beyond_the_limit_breaks_the_stream_before_it_is_there() {
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: message_too_large]"),
                             whole(std::string(kHead) + "Content-Length: 4294967299\r\n\r\n"));
        CPPUNIT_ASSERT_EQUAL(std::string("[broken: message_too_large]"), whole(std::string(70'000, 'A')));
        CPPUNIT_ASSERT_EQUAL(std::string(""), whole(std::string(60'000, 'A')));
    }

    void a_buffer_does_not_grow_with_the_messages_that_went_through() {
        sip::Framer framer(limits_);
        const std::string message =
            std::string(kHead) + "Content-Length: 100\r\n\r\n" + std::string(100, 'x');
        framer.feed("O");
        for (int i = 0; i < 1000; ++i) {
            framer.feed(message.substr(1) + "O");
            CPPUNIT_ASSERT_EQUAL("[" + message + "]", drain(framer));
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, framer.buffered());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FramerTest);

}  // namespace
