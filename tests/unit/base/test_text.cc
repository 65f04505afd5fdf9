#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "base/entropy.hh"
#include "base/log.hh"
#include "base/number.hh"
#include "base/reason.hh"
#include "base/text.hh"

namespace {

class TextTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TextTest);
    CPPUNIT_TEST(only_digits_are_a_number);
    CPPUNIT_TEST(no_value_can_forge_a_log_field_or_line);
    CPPUNIT_TEST(every_reason_has_a_name_of_its_own_and_a_text);
    CPPUNIT_TEST(tokens_use_only_what_sip_allows_in_a_tag);
    CPPUNIT_TEST(the_system_entropy_does_not_repeat);
    CPPUNIT_TEST_SUITE_END();

    void only_digits_are_a_number() {
        for (const char* bad : {"", " 1", "1 ", "+1", "-1", "0x3", "70000", "4294967299", "1.0"})
            CPPUNIT_ASSERT_MESSAGE(bad, !base::to_number<std::uint16_t>(bad));
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{65535}, *base::to_number<std::uint16_t>("65535"));
        CPPUNIT_ASSERT(!base::to_number<std::uint16_t>("256", 255));
    }

    void no_value_can_forge_a_log_field_or_line() {
        const base::log::Fields fields = base::log::Fields("from", "a b=\"c\"\r\nx")("to", "sip:x@y");
        CPPUNIT_ASSERT_EQUAL(std::string("from=\"a b=\\\"c\\\"\\x0d\\x0ax\" to=sip:x@y"),
                             std::string(std::string_view(fields)));
    }

    void every_reason_has_a_name_of_its_own_and_a_text() {
        std::set<std::string_view> names;
        for (int i = 0; i < base::kReasonCount; ++i) {
            const auto reason = static_cast<base::Reason>(i);
            CPPUNIT_ASSERT(!base::text_of(reason).empty());
            const int status = base::sip_status_of(reason);
            CPPUNIT_ASSERT(status == 0 || (status >= 400 && status < 700));
            names.insert(base::name_of(reason));
        }
        CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(base::kReasonCount), names.size());
    }

    void tokens_use_only_what_sip_allows_in_a_tag() {
        base::SeededEntropy entropy{3};
        for (const char c : entropy.token(4096))
            CPPUNIT_ASSERT(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '~');
        for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT(entropy.below(7) < 7);
    }

    void the_system_entropy_does_not_repeat() {
        base::SystemEntropy entropy;
        std::set<std::uint64_t> seen;
        for (int i = 0; i < 1000; ++i) seen.insert(entropy.next());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, seen.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TextTest);

}  // namespace
