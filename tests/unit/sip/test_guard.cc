#include <cppunit/extensions/HelperMacros.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "sip/guard.hh"

namespace {

using base::Reason;

// A good request, parts of which a test swaps for bad ones.
struct Draft {
    std::string start = "OPTIONS sip:bob@example.com SIP/2.0";
    std::string via = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1";
    std::string from = "From: <sip:alice@example.org>;tag=1";
    std::string to = "To: Bob <sip:bob@example.com>";
    std::string call_id = "Call-ID: 1@192.0.2.1";
    std::string cseq = "CSeq: 1 OPTIONS";
    std::string more = "Max-Forwards: 70";
    std::string length = "Content-Length: 0";
    std::string body;

    std::string text() const {
        std::string all;
        for (const auto& line : {start, via, from, to, call_id, cseq, more, length})
            if (!line.empty()) all += line + "\r\n";
        return all + "\r\n" + body;
    }
};

std::string repeated(std::string_view piece, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += piece;
    return all;
}

class GuardTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(GuardTest);
    CPPUNIT_TEST(a_good_request_passes_with_its_size);
    CPPUNIT_TEST(line_ends_are_crlf_and_nothing_else);
    CPPUNIT_TEST(control_characters_stand_in_quoted_pairs_only);
    CPPUNIT_TEST(content_length_is_digits_once_and_no_more_than_the_data);
    CPPUNIT_TEST(mandatory_headers_stand_exactly_once);
    CPPUNIT_TEST(cseq_is_below_2_to_the_31_and_of_the_same_method);
    CPPUNIT_TEST(max_forwards_is_a_number_up_to_255);
    CPPUNIT_TEST(versions_and_status_codes_are_those_of_sip_2);
    CPPUNIT_TEST(hosts_and_ipv6_literals_are_validated);
    CPPUNIT_TEST(brackets_and_quotes_balance);
    CPPUNIT_TEST(counts_beyond_the_limits_are_refused);
    CPPUNIT_TEST(sizes_beyond_the_limits_are_refused);
    CPPUNIT_TEST(multipart_bodies_have_few_parts_and_little_depth);
    CPPUNIT_TEST(over_a_stream_a_part_is_incomplete_and_no_fault);
    CPPUNIT_TEST(keep_alives_are_no_messages);
    CPPUNIT_TEST(responses_and_acks_are_never_answerable);
    CPPUNIT_TEST(no_message_of_64_kib_takes_longer_than_a_millisecond);
    CPPUNIT_TEST_SUITE_END();

    const sip::Limits limits_;

    sip::GuardVerdict ask(const std::string& bytes, sip::Framing framing = sip::Framing::datagram) const {
        return sip::guard(bytes, framing, limits_);
    }

    void accepts(const Draft& draft) const {
        const auto verdict = ask(draft.text());
        CPPUNIT_ASSERT_MESSAGE(draft.text() + std::string(base::name_of(verdict.reason)), verdict.accepted);
    }

    void refuses(Reason reason, const std::string& bytes) const {
        const auto verdict = ask(bytes);
        CPPUNIT_ASSERT_MESSAGE(bytes.substr(0, 1000), !verdict.accepted);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes.substr(0, 1000), base::name_of(reason),
                                     base::name_of(verdict.reason));
    }

    // Swaps one part for each of `values`; all must be refused for the same reason.
    void refuses_each(Reason reason, std::string Draft::*part,
                      std::initializer_list<std::string> values) const {
        for (const std::string& value : values) {
            Draft draft;
            draft.*part = value;
            refuses(reason, draft.text());
        }
    }

    void accepts_each(std::string Draft::*part, std::initializer_list<std::string> values) const {
        for (const std::string& value : values) {
            Draft draft;
            draft.*part = value;
            accepts(draft);
        }
    }

    void a_good_request_passes_with_its_size() {
        Draft draft;
        draft.length = "l:4";
        draft.body = "bodyand what follows it";
        const auto verdict = ask(draft.text());
        CPPUNIT_ASSERT(verdict.accepted && verdict.is_request && verdict.answerable);
        CPPUNIT_ASSERT_EQUAL(draft.text().size() - std::string("and what follows it").size(),
                             verdict.message_bytes);
        draft.length.clear();
        CPPUNIT_ASSERT_EQUAL(draft.text().size(), ask(draft.text()).message_bytes);
    }

    void line_ends_are_crlf_and_nothing_else() {
        refuses_each(Reason::bad_line_end, &Draft::more,
                     {"X: a\nEvil: b", "X: a\rEvil: b", "X: a\r\r\nY: b", "X: a\n b", "X: a\n"});
        accepts_each(&Draft::more, {"X: a\r\n b", "X:\r\n\tb"});
        std::string bare = Draft().text();
        std::erase(bare, '\r');
        refuses(Reason::bad_line_end, bare);
        CPPUNIT_ASSERT(ask(bare).answerable);
    }

    void control_characters_stand_in_quoted_pairs_only() {
        refuses_each(Reason::control_character, &Draft::more,
                     {std::string("X: a\0b", 6), "X: \x01", "X: \x7f", "X: \"\\\x07\""});
        refuses_each(Reason::control_character, &Draft::to,
                     {std::string("To: \"a\0\" <sip:b@c>", 18), "To: \x1b <sip:b@c>"});
        accepts_each(&Draft::to, {"To: \"bell \\\x07\" <sip:b@c>"});
        accepts_each(&Draft::more, {"X:\ta\tb", "X: \xd0\xbf\xd1\x80"});
        refuses_each(Reason::control_character, &Draft::start, {"OPTIONS sip:a\x01@b SIP/2.0"});
    }

    void content_length_is_digits_once_and_no_more_than_the_data() {
        refuses_each(
            Reason::bad_content_length, &Draft::length,
            {"Content-Length: -1", "Content-Length: +0", "Content-Length: 0x0", "Content-Length: 1",
             "Content-Length: ", "l: 0 0", "Content-Length: 99999999999999999999999", "Content-Length: 1e0"});
        refuses_each(Reason::repeated_header, &Draft::length, {"Content-Length: 0\r\nl: 0", "l: 0\r\nL : 0"});
        refuses_each(Reason::message_too_large, &Draft::length, {"Content-Length: 4294967299"});
    }

    void mandatory_headers_stand_exactly_once() {
        for (const auto part : {&Draft::via, &Draft::from, &Draft::to, &Draft::call_id, &Draft::cseq}) {
            Draft draft;
            const std::string line = draft.*part;
            draft.*part = "";
            refuses(Reason::missing_header, draft.text());
            draft.*part = line + "\r\n" + line;
            if (part == &Draft::via)
                accepts(draft);
            else
                refuses(Reason::repeated_header, draft.text());
        }
        refuses_each(Reason::repeated_header, &Draft::to, {"To: <sip:a@b>\r\nt: <sip:a@b>"});
    }

    void cseq_is_below_2_to_the_31_and_of_the_same_method() {
        refuses_each(Reason::bad_cseq, &Draft::cseq,
                     {"CSeq: 2147483648 OPTIONS", "CSeq: 4294967297 OPTIONS", "CSeq: 1 INVITE",
                      "CSeq: OPTIONS", "CSeq: 1", "CSeq: -1 OPTIONS", "CSeq: 1OPTIONS", "CSeq: 1 OPTIONS x",
                      "CSeq: 1 options", "CSeq:"});
        accepts_each(&Draft::cseq, {"CSeq: 2147483647 OPTIONS", "CSeq: 0 OPTIONS", "CSeq: 0001\r\n OPTIONS"});
    }

    void max_forwards_is_a_number_up_to_255() {
        refuses_each(Reason::bad_header, &Draft::more,
                     {"Max-Forwards: 256", "Max-Forwards: -1", "Max-Forwards: x", "Max-Forwards:"});
        accepts_each(&Draft::more, {"Max-Forwards: 0", "Max-Forwards: 255", "Max-Forwards: 0068", ""});
    }

    void versions_and_status_codes_are_those_of_sip_2() {
        refuses_each(Reason::bad_version, &Draft::start,
                     {"OPTIONS sip:a@b SIP/7.0", "OPTIONS sip:a@b SIP/2.1", "SIP/1.0 200 OK"});
        refuses_each(Reason::bad_start_line, &Draft::start,
                     {"OPTIONS sip:a@b", "OPTIONS sip:a@b HTTP/1.1", "OPTIONS  sip:a@b SIP/2.0",
                      "OPTIONS sip:a@b SIP/2.0 ", "OPTIONS "});
        refuses_each(Reason::bad_status, &Draft::start,
                     {"SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 20 x", "SIP/2.0  200 OK",
                      "SIP/2.0 -20 x"});
        accepts_each(&Draft::start,
                     {"OPTIONS sip:a@b sip/2.0", "SIP/2.0 100 ", "SIP/2.0 699 x y", "SIP/2.0 200"});
    }

    void hosts_and_ipv6_literals_are_validated() {
        for (const char* host :
             {"[2001:db8:]", "[2001:db8::1", "2001:db8::1]", "[]", "[1.2.3.4]", "1.2.3.256", "a..b", ".a",
              "a:0", "a:70000", "a:+5", "a:", "1.2.3", "ho st", "[::1]x", "a%62.example"}) {
            refuses_each(Reason::bad_uri, &Draft::to, {"To: <sip:x@" + std::string(host) + ">"});
            if (std::string_view(host).find(' ') == std::string_view::npos)
                refuses_each(Reason::bad_uri, &Draft::start,
                             {"OPTIONS sip:" + std::string(host) + " SIP/2.0"});
            refuses_each(Reason::bad_header, &Draft::via,
                         {"Via: SIP/2.0/UDP " + std::string(host) + ";branch=z9hG4bK1"});
        }
        for (const char* host :
             {"[2001:db8::1]", "[::ffff:192.0.2.1]:5060", "192.0.2.1:1", "a", "a.b.", "x_y.example-1.net"}) {
            accepts_each(&Draft::to, {"To: <sip:x@" + std::string(host) + ">"});
            accepts_each(&Draft::start, {"OPTIONS sip:" + std::string(host) + " SIP/2.0"});
            accepts_each(&Draft::via, {"Via: SIP/2.0/TCP " + std::string(host) + ";branch=z9hG4bK1"});
        }
        accepts_each(&Draft::start, {"OPTIONS tel:+4722334455 SIP/2.0", "OPTIONS urn:service:sos SIP/2.0"});
    }

    void brackets_and_quotes_balance() {
        refuses_each(Reason::bad_header, &Draft::to,
                     {"To: \"Bob <sip:b@c>", "To: Bob <sip:b@c", "To: \"Bob\\\" <sip:b@c>",
                      "To: <sip:b@c>;x=\"y", "To: \"Bob\"", "To: Bob> <sip:b@c>", "To: <sip:b@c> x",
                      "To: <sip:b@c>;;x", "To: a, b <sip:b@c>"});
        refuses_each(Reason::bad_header, &Draft::more,
                     {"Contact: \"a <sip:b@c>", "Contact: <sip:b@c>, ", "Route: <sip:a@b"});
        refuses_each(Reason::bad_uri, &Draft::more, {"m: *, <sip:a@b>", "Contact: Bob"});
        accepts_each(&Draft::more, {"Contact: *", "Contact: \"a, \\\"b\" <sip:b@c>;q=1, sip:x@y",
                                    "Route: <sip:a;lr>,<sip:b;lr>"});
        accepts_each(&Draft::call_id, {"Call-ID: \"([<{"});
    }

    void counts_beyond_the_limits_are_refused() {
        refuses_each(Reason::too_many_headers, &Draft::more, {repeated("Xy: z\r\n", 122) + "Xy: z"});
        accepts_each(&Draft::more, {repeated("Xy: z\r\n", 121) + "Xy: z"});
        refuses_each(Reason::too_many_items, &Draft::more,
                     {"Contact: " + repeated("<sip:a@b>,", 32) + "<sip:a@b>",
                      "Supported: " + repeated("a,", 32) + "a"});
        accepts_each(&Draft::more, {"Contact: " + repeated("<sip:a@b>,", 31) + "<sip:a@b>"});
        refuses_each(Reason::too_many_items, &Draft::start,
                     {"OPTIONS sip:a@b" + repeated(";a", 33) + " SIP/2.0"});
        refuses_each(Reason::too_many_items, &Draft::to, {"To: <sip:a@b?" + repeated("a=b&", 32) + "a=b>"});
        refuses_each(Reason::too_many_items, &Draft::from, {"From: <sip:a@b>" + repeated(";a", 33)});
        refuses_each(Reason::too_many_vias, &Draft::via,
                     {"Via: " + repeated("SIP/2.0/UDP a,", 70) + "SIP/2.0/UDP a"});
        accepts_each(&Draft::via, {"Via: " + repeated("SIP/2.0/UDP a,", 69) + "SIP/2.0/UDP a"});
    }

    void sizes_beyond_the_limits_are_refused() {
        refuses_each(Reason::line_too_long, &Draft::more,
                     {"X: " + std::string(4094, 'a'), "X: " + repeated("\r\n b", 1024)});
        accepts_each(&Draft::more, {"X: " + std::string(4093, 'a')});
        Draft large;
        large.length.clear();
        large.body = std::string(16 * 1024, 'b');
        refuses(Reason::message_too_large, large.text());
        CPPUNIT_ASSERT(ask(large.text()).answerable);
        CPPUNIT_ASSERT_EQUAL(513, base::sip_status_of(Reason::message_too_large));
    }

    void multipart_bodies_have_few_parts_and_little_depth() {
        const auto with = [](const std::string& type, const std::string& body) {
            Draft draft;
            draft.more = "Content-Type: " + type;
            draft.length.clear();
            draft.body = body;
            return draft;
        };
        const std::string part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
        accepts(with("multipart/mixed;boundary=b", repeated(part, 8) + "--b--\r\n"));
        refuses(Reason::bad_body,
                with("multipart/mixed;boundary=\"b\"", repeated(part, 9) + "--b--\r\n").text());
        refuses(Reason::bad_body, with("multipart/mixed", part).text());
        const std::string inner =
            "--c\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n\r\nx\r\n--d--\r\n--c--\r\n";
        accepts(with("Multipart/Mixed; boundary=c", inner));
        refuses(Reason::bad_body,
                with("multipart/mixed;boundary=b",
                     "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n" + inner + "--b--\r\n")
                    .text());
    }

    void over_a_stream_a_part_is_incomplete_and_no_fault() {
        Draft draft;
        draft.length = "Content-Length: 4";
        draft.body = "body";
        const std::string text = draft.text();
        for (std::size_t size = 1; size < text.size(); ++size)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(
                text.substr(0, size), base::name_of(Reason::incomplete),
                base::name_of(ask(text.substr(0, size), sip::Framing::stream).reason));
        CPPUNIT_ASSERT(ask(text, sip::Framing::stream).accepted);
        draft.length.clear();
        CPPUNIT_ASSERT(ask(draft.text(), sip::Framing::stream).reason == Reason::missing_header);
    }

    void keep_alives_are_no_messages() {
        for (const std::string& bytes :
             {std::string(), std::string("\r\n"), std::string("\r\n\r\n"), std::string(4, '\0')})
            refuses(Reason::keep_alive, bytes);
        refuses(Reason::not_sip, "hello\n");
        refuses(Reason::not_sip, "<xml/>\r\n\r\n");
        refuses(Reason::not_sip, "jaK");
    }

    void responses_and_acks_are_never_answerable() {
        Draft response;
        response.start = "SIP/2.0 200 OK";
        response.cseq = "CSeq: 99999999999 OPTIONS";
        CPPUNIT_ASSERT(!ask(response.text()).answerable && !ask(response.text()).is_request);
        Draft ack;
        ack.start = "ACK sip:a@b SIP/2.0";
        ack.cseq = "CSeq: 99999999999 ACK";
        CPPUNIT_ASSERT(!ask(ack.text()).answerable && ask(ack.text()).is_request);
    }

    // The budget is a millisecond of CPU; ten of them leave room for a sanitizer or a valgrind.
    void no_message_of_64_kib_takes_longer_than_a_millisecond() {
        constexpr std::size_t kSize = 64 * 1024 - 400;
        const auto fill = [](std::string_view piece) { return repeated(piece, kSize / piece.size()); };
        Draft draft;
        std::vector<std::string> hostile;
        const auto add = [&](std::string Draft::*part, const std::string& value) {
            Draft one;
            one.*part = value;
            hostile.push_back(one.text());
        };
        add(&Draft::start, "OPTIONS sip:a@b" + fill(";a") + " SIP/2.0");
        for (const char* piece : {"A:\r\n", "X: y\r\n", "Contact: <sip:a@b>\r\n", "m:*\r\n",
                                  "v:SIP/2.0/UDP a\r\n", "Contact: <<<<<\r\n", "Route:\"\"\"\r\n"})
            add(&Draft::more, fill(piece) + "X: y");
        for (const char* piece : {"<sip:a@b>,", ",", "(", "((\\", "\"", "\\\"", "<", "<\"", ">", "\r\n ",
                                  ";a=", "sip:", "[", "::", "%41"}) {
            add(&Draft::more, "Contact: " + fill(piece));
            add(&Draft::to, "To: " + fill(piece));
            add(&Draft::via, "Via: " + fill(piece));
            std::string lines;
            while (lines.size() < kSize)
                lines += "Contact: " + repeated(piece, 4000 / std::string_view(piece).size()) + "\r\n";
            add(&Draft::more, lines + "X: y");
        }
        Draft mime;
        mime.more = "Content-Type: multipart/mixed;boundary=b";
        mime.body = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n" + fill("--c\n\n");
        mime.length = "Content-Length: " + std::to_string(mime.body.size());
        hostile.push_back(mime.text());
        mime.body = fill("\n");
        mime.length = "Content-Length: " + std::to_string(mime.body.size());
        hostile.push_back(mime.text());
        double worst = 0;
        for (const std::string& bytes : hostile) {
            double best = 1;  // of three: the machine is shared
            for (int round = 0; round < 3; ++round) {
                const std::clock_t begin = std::clock();
                for (int i = 0; i < 10; ++i) (void)ask(bytes, sip::Framing::stream);
                best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / 10);
            }
            worst = std::max(worst, best);
            CPPUNIT_ASSERT_MESSAGE(bytes.substr(0, 400), best < 0.010);
        }
        if (std::getenv("SALLYPORT_SHOW_TIMES")) std::printf("worst guard: %.0f us\n", worst * 1e6);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GuardTest);

}  // namespace
