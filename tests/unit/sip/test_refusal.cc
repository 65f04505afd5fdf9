#include <cppunit/extensions/HelperMacros.h>

#include "sip/guard.hh"
#include "sip/message.hh"
#include "sip/refusal.hh"
#include "sip/via.hh"

namespace {

using base::Reason;

const std::string kRequest =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.example.org;rport;branch=z9hG4bK776,\r\n SIP/2.0/TCP h2\r\n"
    "Via: SIP/2.0/UDP h3\r\n"
    "Record-Route: <sip:p1;lr>\r\n"
    "Max-Forwards: 70\r\n"
    "To: Bob <sip:bob@example.com>\r\n"
    "From: Alice <sip:alice@example.org>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.example.org\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.example.org>\r\n"
    "Content-Length: 0\r\n\r\n";

std::string swapped(const std::string& from, const std::string& to) {
    std::string text = kRequest;
    text.replace(text.find(from), from.size(), to);
    return text;
}

class RefusalTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RefusalTest);
    CPPUNIT_TEST(the_answer_is_a_response_that_our_own_guard_accepts);
    CPPUNIT_TEST(received_and_rport_say_where_the_request_came_from);
    CPPUNIT_TEST(the_tag_is_the_same_for_a_retransmission);
    CPPUNIT_TEST(each_reason_has_its_status);
    CPPUNIT_TEST(silence_where_no_answer_is_due);
    CPPUNIT_TEST(no_answer_is_larger_than_its_request);
    CPPUNIT_TEST(nothing_malformed_is_echoed);
    CPPUNIT_TEST_SUITE_END();

    static sip::Message answer(const std::string& request, Reason reason = Reason::bad_header) {
        const auto text = sip::refuse(request, reason, "203.0.113.9", 5066);
        CPPUNIT_ASSERT(text);
        CPPUNIT_ASSERT_MESSAGE(*text, sip::guard(*text, sip::Framing::stream, sip::Limits()).accepted);
        auto message = sip::Message::parse(*text);
        CPPUNIT_ASSERT(message);
        return std::move(*message);
    }

    void the_answer_is_a_response_that_our_own_guard_accepts() {
        const sip::Message response = answer(kRequest);
        CPPUNIT_ASSERT_EQUAL(400, response.status());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, response.items(sip::HeaderName::via).size());
        CPPUNIT_ASSERT_EQUAL(std::string_view("a84b4c76e66710@pc33.example.org"), response.call_id());
        CPPUNIT_ASSERT_EQUAL(std::string_view("1928301774"), response.from_tag());
        CPPUNIT_ASSERT(!response.to_tag().empty());
        CPPUNIT_ASSERT(response.method() == sip::Method::invite);
        CPPUNIT_ASSERT(!response.has(sip::HeaderName::record_route) &&
                       !response.has(sip::HeaderName::contact));
    }

    void received_and_rport_say_where_the_request_came_from() {
        auto via = sip::Via::parse(answer(kRequest).items(sip::HeaderName::via)[0]);
        CPPUNIT_ASSERT_EQUAL(std::string_view("203.0.113.9"), *via->parameter("received"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("5066"), *via->parameter("rport"));
        via = sip::Via::parse(
            answer(swapped("pc33.example.org;rport", "203.0.113.9")).items(sip::HeaderName::via)[0]);
        CPPUNIT_ASSERT(!via->parameter("received") && !via->parameter("rport"));
        via =
            sip::Via::parse(answer(swapped(";rport", ";received=192.0.2.77")).items(sip::HeaderName::via)[0]);
        CPPUNIT_ASSERT_EQUAL(std::string_view("203.0.113.9"), *via->parameter("received"));
    }

    void the_tag_is_the_same_for_a_retransmission() {
        CPPUNIT_ASSERT_EQUAL(answer(kRequest).to_tag(), answer(kRequest).to_tag());
        CPPUNIT_ASSERT(answer(kRequest).to_tag() != answer(swapped("z9hG4bK776", "z9hG4bK777")).to_tag());
        CPPUNIT_ASSERT_EQUAL(
            std::string_view("kept"),
            answer(swapped("bob@example.com>\r\n", "bob@example.com>;tag=kept\r\n")).to_tag());
    }

    void each_reason_has_its_status() {
        CPPUNIT_ASSERT_EQUAL(505,
                             answer(swapped("SIP/2.0\r\n", "SIP/7.0\r\n"), Reason::bad_version).status());
        CPPUNIT_ASSERT_EQUAL(513, answer(kRequest, Reason::message_too_large).status());
        CPPUNIT_ASSERT_EQUAL(416, answer(kRequest, Reason::unsupported_scheme).status());
        CPPUNIT_ASSERT_EQUAL(420, answer(kRequest, Reason::bad_extension).status());
        CPPUNIT_ASSERT_EQUAL(std::string_view("Version Not Supported"),
                             answer(kRequest, Reason::bad_version).reason_phrase());
    }

    void silence_where_no_answer_is_due() {
        const auto silent = [](const std::string& text, Reason reason = Reason::bad_header) {
            return !sip::refuse(text, reason, "203.0.113.9", 5066);
        };
        CPPUNIT_ASSERT(silent(swapped("INVITE sip", "ACK sip")));
        CPPUNIT_ASSERT(silent(swapped("INVITE sip:bob@example.com SIP/2.0", "SIP/2.0 200 OK")));
        CPPUNIT_ASSERT(silent(swapped("INVITE sip:bob@example.com SIP/2.0", "SIP/9.0 hello")));
        CPPUNIT_ASSERT(silent(kRequest, Reason::not_sip));
        CPPUNIT_ASSERT(silent("INVITE sip:a@b SIP/2.0\r\nFrom: <sip:a@b>\r\n\r\n"));
        CPPUNIT_ASSERT(silent("") && silent("INVITE") && silent("\r\n\r\n") && silent(std::string(3, '\0')));
    }

    void no_answer_is_larger_than_its_request() {
        const std::string small = "INFO a:b SIP/2.0\r\nv:SIP/2.0/UDP a\r\n\r\n";
        CPPUNIT_ASSERT(!sip::refuse(small, Reason::bad_header, "203.0.113.9", 5066));
        const std::string fits =
            "INFO a:b SIP/2.0\r\nv:SIP/2.0/UDP a\r\nSubject: " + std::string(60, 'x') + "\r\n\r\n";
        const auto answer = sip::refuse(fits, Reason::bad_header, "203.0.113.9", 5066);
        CPPUNIT_ASSERT(answer && answer->size() <= fits.size());
    }

    void nothing_malformed_is_echoed() {
        const auto text = sip::refuse(
            swapped("Via: SIP/2.0/UDP pc33.example.org;rport;branch=z9hG4bK776,\r\n SIP/2.0/TCP h2",
                    "Via: SIP/7.0/UDP pc33.example.org;a;;b, nonsense\nEvil: 1"),
            Reason::bad_line_end, "203.0.113.9", 5066);
        CPPUNIT_ASSERT(text);
        CPPUNIT_ASSERT(text->find("Via: SIP/2.0/UDP pc33.example.org;a;received=203.0.113.9\r\n") !=
                       std::string::npos);
        CPPUNIT_ASSERT(text->find("nonsense") == std::string::npos &&
                       text->find("Evil") == std::string::npos);
        const auto bell =
            sip::refuse(swapped("To: Bob", "To: B\x07 o\rb"), Reason::control_character, "203.0.113.9", 5066);
        CPPUNIT_ASSERT(bell->find("To: B? o b <sip:bob@example.com>;tag=") != std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RefusalTest);

}  // namespace
