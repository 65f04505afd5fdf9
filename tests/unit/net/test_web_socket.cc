// RFC 6455, 5 to 8: frames as they should be, and as they should not.
#include <cppunit/extensions/HelperMacros.h>

#include "net/web_socket.hh"

namespace {

class WebSocketTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WebSocketTest);
    CPPUNIT_TEST(a_message_of_every_length_arrives_whole);
    CPPUNIT_TEST(every_split_of_the_bytes_gives_the_same);
    CPPUNIT_TEST(fragments_become_one_message_with_a_ping_between);
    CPPUNIT_TEST(a_ping_is_answered_with_its_own_words);
    CPPUNIT_TEST(a_close_is_answered_and_ends_it);
    CPPUNIT_TEST(each_frame_against_the_rules_is_answered_with_its_code);
    CPPUNIT_TEST(too_long_a_message_is_refused_by_its_head);
    CPPUNIT_TEST(too_many_fragments_are_refused_by_their_sum);
    CPPUNIT_TEST(text_that_is_no_utf8_is_refused_and_binary_is_not);
    CPPUNIT_TEST(what_is_no_utf8_is_sent_as_binary);
    CPPUNIT_TEST(nothing_is_said_after_goodbye);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::size_t kMost = 64 * 1024;
    net::WebSocket server{true, kMost}, client{false, kMost};
    std::vector<std::string> messages;

    // A client's frame with a mask of zeros, which changes nothing.
    static std::string frame(int first, const std::string& payload) {
        std::string bytes(1, static_cast<char>(first));
        bytes += static_cast<char>(0x80 | payload.size());
        return bytes + std::string(4, '\0') + payload;
    }
    static std::string closing(int code) {
        return std::string("\x88\x02", 2) + static_cast<char>(code >> 8) + static_cast<char>(code & 0xff);
    }

    void a_message_of_every_length_arrives_whole() {
        for (const std::size_t size : {0, 1, 125, 126, 127, 65535, 65536}) {
            messages.clear();
            client.send(std::string(size, 'x'));
            CPPUNIT_ASSERT(server.receive(client.take_outgoing(), messages));
            server.send(std::string(size, 'y'));
            CPPUNIT_ASSERT(client.receive(server.take_outgoing(), messages));
            CPPUNIT_ASSERT_EQUAL(std::size_t{2}, messages.size());
            CPPUNIT_ASSERT(messages[0] == std::string(size, 'x') && messages[1] == std::string(size, 'y'));
        }
    }
    void every_split_of_the_bytes_gives_the_same() {
        client.send(std::string(300, 'x'));
        client.send("two");
        for (const char byte : client.take_outgoing()) CPPUNIT_ASSERT(server.receive({&byte, 1}, messages));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, messages.size());
        CPPUNIT_ASSERT_EQUAL(std::string("two"), messages[1]);
        CPPUNIT_ASSERT(!server.has_partial());
    }
    void fragments_become_one_message_with_a_ping_between() {
        CPPUNIT_ASSERT(server.receive(frame(0x01, "OPT") + frame(0x89, "?") + frame(0x00, "IO"), messages));
        CPPUNIT_ASSERT(messages.empty() && server.has_partial());
        CPPUNIT_ASSERT(server.receive(frame(0x80, "NS"), messages));
        CPPUNIT_ASSERT(messages == std::vector<std::string>{"OPTIONS"});
        CPPUNIT_ASSERT(!server.has_partial());
    }
    void a_ping_is_answered_with_its_own_words() {
        CPPUNIT_ASSERT(server.receive(frame(0x89, "are you there"), messages));
        CPPUNIT_ASSERT_EQUAL(std::string("\x8a\x0d" "are you there"), server.take_outgoing());
        CPPUNIT_ASSERT(server.receive(frame(0x8a, "I did not ask"), messages));
        CPPUNIT_ASSERT(server.take_outgoing().empty() && messages.empty());
    }
    void a_close_is_answered_and_ends_it() {
        CPPUNIT_ASSERT(!server.receive(frame(0x88, "\x03\xe9"), messages));
        CPPUNIT_ASSERT_EQUAL(closing(1000), server.take_outgoing());
        CPPUNIT_ASSERT(server.closed_in_order());
        CPPUNIT_ASSERT(!server.receive(frame(0x81, "late"), messages));
        CPPUNIT_ASSERT(messages.empty());
    }
    void each_frame_against_the_rules_is_answered_with_its_code() {
        const std::vector<std::string> bad{
            std::string("\x81\x01x", 3),                                    // no mask (5.1)
            frame(0xc1, "x"), frame(0xa1, "x"), frame(0x91, "x"),           // a reserved bit
            frame(0x83, "x"), frame(0x87, "x"), frame(0x8b, "x"), frame(0x8f, "x"),   // unknown opcodes
            frame(0x09, "x"), frame(0x08, "\x03\xe8"),                      // a control frame in fragments
            std::string("\x89\xfe\x00\x7e", 4),                             // a control frame of 126 bytes
            frame(0x80, "x"),                                               // goes on with nothing
            frame(0x01, "a") + frame(0x81, "b"),                            // begins anew before the end
            std::string("\x81\xfe\x00\x05", 4),                             // a length not in its shortest form
            std::string("\x81\xff\0\0\0\0\0\0\xff\xff", 10),                // likewise
            frame(0x88, "x"),                                               // half a code
        };
        for (std::size_t i = 0; i < bad.size(); ++i) {
            net::WebSocket socket(true, kMost);
            const std::string which = "frame " + std::to_string(i);
            CPPUNIT_ASSERT_MESSAGE(which, !socket.receive(bad[i], messages));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(which, closing(1002), socket.take_outgoing());
            CPPUNIT_ASSERT_MESSAGE(which, !socket.closed_in_order() && messages.empty());
        }
        CPPUNIT_ASSERT(!client.receive(frame(0x81, "x"), messages));        // a server must not mask
    }
    void too_long_a_message_is_refused_by_its_head() {
        CPPUNIT_ASSERT(!server.receive(std::string("\x81\xff\0\0\0\0\0\x01\0\x01", 10), messages));
        CPPUNIT_ASSERT_EQUAL(closing(1009), server.take_outgoing());
        net::WebSocket other(true, kMost);
        CPPUNIT_ASSERT(!other.receive(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10), messages));
        CPPUNIT_ASSERT_EQUAL(closing(1009), other.take_outgoing());
    }
    void too_many_fragments_are_refused_by_their_sum() {
        CPPUNIT_ASSERT(server.receive(frame(0x01, std::string(100, 'x')), messages));
        bool goes_on = true;
        std::size_t sum = 100;
        for (; goes_on && sum < 2 * kMost; sum += 100) goes_on = server.receive(frame(0x00, std::string(100, 'x')), messages);
        CPPUNIT_ASSERT(!goes_on && sum < kMost + 200);
        CPPUNIT_ASSERT_EQUAL(closing(1009), server.take_outgoing());
    }
    void text_that_is_no_utf8_is_refused_and_binary_is_not() {
        for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x80\x80\x80"}) {
            net::WebSocket text(true, kMost), binary(true, kMost);
            CPPUNIT_ASSERT(!text.receive(frame(0x81, bad), messages));
            CPPUNIT_ASSERT_EQUAL(closing(1007), text.take_outgoing());
            CPPUNIT_ASSERT(binary.receive(frame(0x82, bad), messages));
        }
        CPPUNIT_ASSERT(server.receive(frame(0x01, "\xe2\x82") + frame(0x80, "\xac"), messages));   // cut in a character
        CPPUNIT_ASSERT_EQUAL(std::string("\xe2\x82\xac"), messages.back());
    }
    void what_is_no_utf8_is_sent_as_binary() {
        server.send("\xff");
        server.send("\xc3\xa5");
        CPPUNIT_ASSERT_EQUAL(std::string("\x82\x01\xff\x81\x02\xc3\xa5"), server.take_outgoing());
    }
    void nothing_is_said_after_goodbye() {
        server.close(net::WebSocket::Code::going_away);
        server.close(net::WebSocket::Code::normal);
        server.send("late");
        CPPUNIT_ASSERT_EQUAL(closing(1001), server.take_outgoing());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebSocketTest);

}  // namespace
