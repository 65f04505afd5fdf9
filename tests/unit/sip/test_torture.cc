#include <cppunit/extensions/HelperMacros.h>

#include "sip/guard.hh"
#include "sip/message.hh"
#include "sip/name_addr.hh"
#include "sip/refusal.hh"
#include "sip/via.hh"
#include "tests/unit/sip/corpus.hh"

namespace {

class TortureTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TortureTest);
    CPPUNIT_TEST(the_table_has_all_49_messages);
    CPPUNIT_TEST(the_guard_says_of_each_what_the_rfc_says);
    CPPUNIT_TEST(what_the_guard_accepts_the_parser_accepts_and_writes_again);
    CPPUNIT_TEST(what_the_guard_refuses_gets_the_answer_that_the_rfc_wants);
    CPPUNIT_TEST(the_addresses_of_every_accepted_message_can_be_read);
    CPPUNIT_TEST(the_tortuous_invite_is_understood);
    CPPUNIT_TEST(the_wide_range_of_characters_is_understood);
    CPPUNIT_TEST(octets_behind_the_body_are_no_part_of_the_message);
    CPPUNIT_TEST_SUITE_END();

    const sip::Limits limits_;

    static sip::Message parsed(const std::string& bytes) {
        auto message = sip::Message::parse(bytes);
        CPPUNIT_ASSERT(message);
        return std::move(*message);
    }

    void the_table_has_all_49_messages() { CPPUNIT_ASSERT_EQUAL(std::size_t{49}, torture_cases().size()); }

    void the_guard_says_of_each_what_the_rfc_says() {
        for (const TortureCase& one : torture_cases()) {
            const auto verdict = sip::guard(one.bytes, sip::Framing::datagram, limits_);
            const std::string said = verdict.accepted ? "accept" : std::string(base::name_of(verdict.reason));
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, one.guard, said);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, !one.bytes.starts_with("SIP/"), verdict.is_request);
        }
    }

    void what_the_guard_accepts_the_parser_accepts_and_writes_again() {
        for (const TortureCase& one : torture_cases()) {
            if (one.guard != "accept") continue;
            const auto message = sip::Message::parse(one.bytes);
            CPPUNIT_ASSERT_MESSAGE(one.name, message);
            const std::string text = message->serialize();
            CPPUNIT_ASSERT_MESSAGE(one.name, sip::guard(text, sip::Framing::stream, limits_).accepted);
            const auto again = sip::Message::parse(text);
            CPPUNIT_ASSERT_MESSAGE(one.name, again);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, text, again->serialize());
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, std::string(message->body()), std::string(again->body()));
        }
    }

    void what_the_guard_refuses_gets_the_answer_that_the_rfc_wants() {
        for (const TortureCase& one : torture_cases()) {
            const auto verdict = sip::guard(one.bytes, sip::Framing::datagram, limits_);
            if (verdict.accepted) continue;
            const auto answer = sip::refuse(one.bytes, verdict.reason, "203.0.113.9", 5066);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.name, one.refusal,
                                         answer ? answer->substr(8, 3) : std::string("none"));
            if (!answer) continue;
            CPPUNIT_ASSERT_MESSAGE(one.name, verdict.answerable);
            CPPUNIT_ASSERT_MESSAGE(one.name, answer->size() <= one.bytes.size());
        }
    }

    void the_addresses_of_every_accepted_message_can_be_read() {
        for (const TortureCase& one : torture_cases()) {
            if (one.guard != "accept") continue;
            const sip::Message message = parsed(one.bytes);
            for (const auto id : {sip::HeaderName::from, sip::HeaderName::to, sip::HeaderName::contact,
                                  sip::HeaderName::route, sip::HeaderName::record_route})
                for (const std::string_view item : message.items(id)) {
                    const auto value = sip::NameAddr::parse(item);
                    CPPUNIT_ASSERT_MESSAGE(one.name + ": " + std::string(item), value);
                    const auto again = sip::NameAddr::parse(value->to_string());
                    CPPUNIT_ASSERT_MESSAGE(value->to_string(), again);
                    CPPUNIT_ASSERT_EQUAL(value->to_string(), again->to_string());
                }
            for (const std::string_view item : message.items(sip::HeaderName::via))
                CPPUNIT_ASSERT_MESSAGE(one.name, sip::Via::parse(item));
            if (message.is_request())
                CPPUNIT_ASSERT_MESSAGE(one.name, sip::Uri::parse(message.request_uri()));
        }
    }

    void the_tortuous_invite_is_understood() {
        const sip::Message message = parsed(read_corpus_file("wsinv.dat"));
        CPPUNIT_ASSERT(message.method() == sip::Method::invite);
        CPPUNIT_ASSERT_EQUAL(std::string_view("1918181833n"), message.to_tag());
        CPPUNIT_ASSERT_EQUAL(std::string_view("98asjd8"), message.from_tag());
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{9}, message.cseq());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, message.items(sip::HeaderName::via).size());
        CPPUNIT_ASSERT_EQUAL(std::string_view(""), message.value("Subject"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("newfangled value continued newfangled value"),
                             message.value("newfangledheader"));
        CPPUNIT_ASSERT_EQUAL(std::string_view(";;,,;;,;"), message.value("UnknownHeaderWithUnusualValue"));
        const auto via = sip::Via::parse(message.items(sip::HeaderName::via)[2]);
        CPPUNIT_ASSERT_EQUAL(std::string_view("z9hG4bK30239"), via->branch());
        const auto contact = sip::NameAddr::parse(message.value(sip::HeaderName::contact));
        CPPUNIT_ASSERT_EQUAL(std::string_view("newvalue"), *contact->parameter("newparam"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("0.33"), *contact->parameter("q"));
    }

    void the_wide_range_of_characters_is_understood() {
        const sip::Message message = parsed(read_corpus_file("intmeth.dat"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("!interesting-Method0123456789_*+`.%indeed'~"),
                             message.method_text());
        const auto uri = sip::Uri::parse(message.request_uri());
        CPPUNIT_ASSERT_EQUAL(std::string("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"), uri->user);
        CPPUNIT_ASSERT_EQUAL(std::string("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"), uri->password);
        CPPUNIT_ASSERT_EQUAL(std::string_view("_token~1'+`*%!-."), message.from_tag());
        const auto to = sip::NameAddr::parse(message.value(sip::HeaderName::to));
        CPPUNIT_ASSERT_EQUAL(std::string("\"BEL:\\? NUL:\\? DEL:\\?\""), to->display_name);
    }

    void octets_behind_the_body_are_no_part_of_the_message() {
        const std::string bytes = read_corpus_file("dblreq.dat");
        const auto verdict = sip::guard(bytes, sip::Framing::datagram, limits_);
        CPPUNIT_ASSERT_EQUAL(bytes.find("\r\nINVITE"), verdict.message_bytes);
        CPPUNIT_ASSERT(parsed(bytes).body().empty());
        CPPUNIT_ASSERT(parsed(bytes).serialize().find("INVITE") == std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TortureTest);

}  // namespace
