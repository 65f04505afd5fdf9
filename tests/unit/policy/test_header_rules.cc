#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/policy/policies.hh"

namespace {

using policy_tests::compiled;
using policy_tests::request;

class HeaderRulesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HeaderRulesTest);
    CPPUNIT_TEST(set_replaces_and_add_appends);
    CPPUNIT_TEST(a_star_removes_by_the_start_of_the_name);
    CPPUNIT_TEST(no_star_reaches_a_mandatory_header);
    CPPUNIT_TEST(rename_and_copy_take_every_value);
    CPPUNIT_TEST(templates_are_filled_from_the_message);
    CPPUNIT_TEST(conditions_hold_back_a_rule);
    CPPUNIT_TEST(captures_go_into_the_value);
    CPPUNIT_TEST(a_value_that_cannot_be_filled_or_would_inject_is_refused);
    CPPUNIT_TEST(compact_names_are_the_same_names);
    CPPUNIT_TEST(responses_and_requests_can_be_told_apart);
    CPPUNIT_TEST_SUITE_END();

    // Applies `rules` and returns how many were refused.
    static int edit(sip::Message& message, const std::string& rules) {
        const auto snapshot = compiled(policy_tests::kZones + "[headers.t]\nrules = [" + rules + "]\n");
        return policy::apply(*snapshot->header_rules.at("t"), message);
    }

    static std::string value(const sip::Message& message, std::string_view name) {
        return std::string(message.value(name));
    }

    void set_replaces_and_add_appends() {
        auto message = request("INVITE", "1", "X-A: 1\r\nX-A: 2\r\n");
        CPPUNIT_ASSERT_EQUAL(
            0,
            edit(message,
                 "{ set = 'X-A', value = '3' }, { add = 'X-B', value = '4' }, { add = 'X-B', value = '5' }"));
        const std::string wire = message.serialize();
        CPPUNIT_ASSERT(wire.find("X-A: 3\r\n") != std::string::npos);
        CPPUNIT_ASSERT(wire.find("X-A: 2") == std::string::npos);
        CPPUNIT_ASSERT(wire.find("X-B: 4\r\nX-B: 5\r\n") != std::string::npos);
    }

    void a_star_removes_by_the_start_of_the_name() {
        auto message = request("INVITE", "1", "X-A: 1\r\nx-b: 2\r\nXray: 3\r\n");
        edit(message, "{ remove = 'X-*' }");
        CPPUNIT_ASSERT(value(message, "X-A").empty() && value(message, "X-B").empty());
        CPPUNIT_ASSERT_EQUAL(std::string("3"), value(message, "Xray"));
    }

    void no_star_reaches_a_mandatory_header() {
        auto message = request("INVITE", "1", "Call-Info: <http://x>\r\nMime-Version: 1.0\r\n");
        edit(message, "{ remove = 'C*' }, { remove = 'M*' }");
        CPPUNIT_ASSERT(value(message, "Call-Info").empty() && value(message, "Mime-Version").empty());
        CPPUNIT_ASSERT(!message.call_id().empty());
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{1}, message.cseq());
        CPPUNIT_ASSERT_EQUAL(std::string("70"), value(message, "Max-Forwards"));
    }

    void rename_and_copy_take_every_value() {
        auto message = request("INVITE", "1", "X-A: 1\r\nX-A: 2\r\n");
        edit(
            message,
            "{ copy = 'X-A', to = 'X-C' }, { rename = 'X-A', to = 'X-B' }, { copy = 'From', to = 'X-From' }");
        const std::string wire = message.serialize();
        CPPUNIT_ASSERT(wire.find("X-B: 1\r\nX-B: 2\r\n") != std::string::npos);
        CPPUNIT_ASSERT(wire.find("X-C: 1\r\nX-C: 2\r\n") != std::string::npos);
        CPPUNIT_ASSERT(wire.find("X-A:") == std::string::npos);
        CPPUNIT_ASSERT_EQUAL(value(message, "From"), value(message, "X-From"));
    }

    void templates_are_filled_from_the_message() {
        auto message = request("INVITE", "100", "Subject: lunch\r\n");
        const auto filled = [&](const std::string& text) {
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, 0, edit(message, "{ set = 'X-T', value = '" + text + "' }"));
            return value(message, "X-T");
        };
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:alice@acme.example>"),
                             filled("<sip:{from.user}@acme.example>"));
        CPPUNIT_ASSERT_EQUAL(std::string("phone.example"), filled("{from.host}"));
        CPPUNIT_ASSERT_EQUAL(std::string("sip:alice@phone.example"), filled("{from.uri}"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"Alice\""), filled("{from.display}"));
        CPPUNIT_ASSERT_EQUAL(std::string("100/acme.example"), filled("{to.user}/{to.host}"));
        CPPUNIT_ASSERT_EQUAL(std::string("100 203.0.113.1"), filled("{request.user} {request.host}"));
        CPPUNIT_ASSERT_EQUAL(std::string("lunch"), filled("{header.subject}"));
        CPPUNIT_ASSERT_EQUAL(std::string("{x}"), filled("{{x}"));
    }

    void conditions_hold_back_a_rule() {
        const auto applied = [](const std::string& when) {
            auto message = request("INVITE", "1", "X-A: abc\r\n");
            edit(message, "{ set = 'X-T', value = '1', when = { " + when + " } }");
            return !message.value("X-T").empty();
        };
        for (const char* yes :
             {"missing = 'X-B'", "present = 'x-a'", "header = 'X-A', matches = '^a'", "method = 'INVITE'",
              "method = ['BYE', 'INVITE']", "request = true", "present = 'X-A', missing = 'X-B'"})
            CPPUNIT_ASSERT_MESSAGE(yes, applied(yes));
        for (const char* no :
             {"missing = 'X-A'", "present = 'X-B'", "header = 'X-A', matches = '^b'", "method = 'BYE'",
              "request = false", "present = 'X-A', missing = 'X-A'", "header = 'X-B', matches = ''"})
            CPPUNIT_ASSERT_MESSAGE(no, !applied(no));
    }

    void captures_go_into_the_value() {
        auto message = request("INVITE", "1", "X-A: nr=47;b\r\n");
        CPPUNIT_ASSERT_EQUAL(
            0,
            edit(
                message,
                "{ set = 'X-T', value = '+{1} {2}', when = { header = 'X-A', matches = 'nr=(\\d+);(.)' } }"));
        CPPUNIT_ASSERT_EQUAL(std::string("+47 b"), value(message, "X-T"));
    }

    void a_value_that_cannot_be_filled_or_would_inject_is_refused() {
        auto message = request("INVITE", "1");
        CPPUNIT_ASSERT_EQUAL(1, edit(message, "{ set = 'X-T', value = '<{header.X-None}>' }"));
        CPPUNIT_ASSERT(message.value("X-T").empty());
        CPPUNIT_ASSERT(!sip::is_safe_value("a\r\nX-Evil: 1"));
    }

    void compact_names_are_the_same_names() {
        auto message = request("INVITE", "1", "s: lunch\r\n");
        edit(message, "{ remove = 'Subject' }");
        CPPUNIT_ASSERT(message.value("Subject").empty());
        CPPUNIT_ASSERT(policy::is_protected_header("v") && policy::is_protected_header("CALL-ID"));
        CPPUNIT_ASSERT(!policy::is_protected_header("Subject"));
    }

    void responses_and_requests_can_be_told_apart() {
        auto response = sip::Message::response(200);
        response.set(sip::HeaderName::cseq, "1 INVITE");
        response.set(sip::HeaderName::from, "<sip:a@b>;tag=1");
        edit(response,
             "{ set = 'X-Q', value = '1', when = { request = true } }, { set = 'X-R', value = '1', when = { "
             "request = false } }");
        CPPUNIT_ASSERT(response.value("X-Q").empty());
        CPPUNIT_ASSERT(!response.value("X-R").empty());
        auto parsed = sip::Message::parse(
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
            "To: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
        CPPUNIT_ASSERT(parsed);
        edit(*parsed, "{ set = 'X-M', value = '1', when = { method = 'INVITE' } }");
        CPPUNIT_ASSERT(!parsed->value("X-M").empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HeaderRulesTest);

}  // namespace
