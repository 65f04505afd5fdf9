#include <cppunit/extensions/HelperMacros.h>

#include "policy/complaints.hh"
#include "policy/units.hh"

namespace {

using namespace std::chrono_literals;

class UnitsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UnitsTest);
    CPPUNIT_TEST(a_duration_is_digits_and_a_unit);
    CPPUNIT_TEST(a_size_is_in_bytes_or_binary_multiples);
    CPPUNIT_TEST(a_rate_has_a_burst_of_its_count_unless_it_says_one);
    CPPUNIT_TEST(a_range_of_ports_goes_upwards_and_has_no_zero);
    CPPUNIT_TEST(a_suggestion_is_near_or_not_made);
    CPPUNIT_TEST_SUITE_END();

    void a_duration_is_digits_and_a_unit() {
        CPPUNIT_ASSERT(policy::parse_duration("500ms") == base::Duration(500ms));
        CPPUNIT_ASSERT(policy::parse_duration("30s") == base::Duration(30s));
        CPPUNIT_ASSERT(policy::parse_duration("5m") == base::Duration(5min));
        CPPUNIT_ASSERT(policy::parse_duration("2h") == base::Duration(2h));
        CPPUNIT_ASSERT(policy::parse_duration("1d") == base::Duration(24h));
        for (const char* wrong :
             {"", "30", "s", "-1s", "+1s", "1.5s", "30 s", "30S", "1h30m", "99999999999s"})
            CPPUNIT_ASSERT_MESSAGE(wrong, !policy::parse_duration(wrong));
    }

    void a_size_is_in_bytes_or_binary_multiples() {
        CPPUNIT_ASSERT(policy::parse_size("64KiB") == 65536U);
        CPPUNIT_ASSERT(policy::parse_size("1MiB") == 1048576U);
        CPPUNIT_ASSERT(policy::parse_size("512") == 512U);
        CPPUNIT_ASSERT(policy::parse_size("512B") == 512U);
        for (const char* wrong : {"", "64KB", "64kib", "64 KiB", "KiB", "-1"})
            CPPUNIT_ASSERT_MESSAGE(wrong, !policy::parse_size(wrong));
    }

    void a_rate_has_a_burst_of_its_count_unless_it_says_one() {
        CPPUNIT_ASSERT((policy::parse_rate("10/s") == policy::Rate{10, 10}));
        CPPUNIT_ASSERT((policy::parse_rate("120/m burst 50") == policy::Rate{2, 50}));
        CPPUNIT_ASSERT((policy::parse_rate("3600/h burst 1") == policy::Rate{1, 1}));
        for (const char* wrong :
             {"", "10", "/s", "0/s", "10/d", "10/s burst", "10/s burst 0", "10/s  burst 5", "10/sec", "-1/s"})
            CPPUNIT_ASSERT_MESSAGE(wrong, !policy::parse_rate(wrong));
    }

    void a_range_of_ports_goes_upwards_and_has_no_zero() {
        const auto range = policy::parse_ports("20000-29999");
        CPPUNIT_ASSERT(range && range->first == 20000 && range->last == 29999);
        for (const char* wrong : {"", "20000", "-", "0-10", "2-1", "1-65536", "1 - 2", "1-2-3"})
            CPPUNIT_ASSERT_MESSAGE(wrong, !policy::parse_ports(wrong));
    }

    void a_suggestion_is_near_or_not_made() {
        CPPUNIT_ASSERT_EQUAL(std::string("; did you mean \"topology\"?"),
                             policy::suggestion("topolgy", {"headers", "topology"}));
        CPPUNIT_ASSERT_EQUAL(std::string("; did you mean \"pbx\"?"), policy::suggestion("pxb", {"pbx"}));
        CPPUNIT_ASSERT_EQUAL(std::string("; known are \"a\", \"b\""),
                             policy::suggestion("zebra", {"a", "b"}));
        CPPUNIT_ASSERT_EQUAL(std::string(), policy::suggestion("zebra", {}));
        CPPUNIT_ASSERT_EQUAL(std::string("; known are \"name\""),
                             policy::suggestion(std::string(100000, 'x'), {"name"}));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnitsTest);

}  // namespace
