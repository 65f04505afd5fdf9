#include <cppunit/extensions/HelperMacros.h>

#include "base/endpoint.hh"

namespace {

class AddressTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AddressTest);
    CPPUNIT_TEST(an_ipv4_mapped_address_is_the_ipv4_address);
    CPPUNIT_TEST(a_prefix_contains_only_its_own);
    CPPUNIT_TEST(an_endpoint_needs_brackets_for_ipv6_only);
    CPPUNIT_TEST_SUITE_END();

    void an_ipv4_mapped_address_is_the_ipv4_address() {
        CPPUNIT_ASSERT(*base::Address::parse("::ffff:192.0.2.1") == *base::Address::parse("192.0.2.1"));
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), base::Address::parse("::ffff:192.0.2.1")->to_string());
        CPPUNIT_ASSERT(!base::Address::parse("192.0.2.1 "));
        CPPUNIT_ASSERT(!base::Address::parse("192.0.2.256"));
    }

    void a_prefix_contains_only_its_own() {
        const auto prefix = base::Prefix::parse("203.0.113.64/26");
        CPPUNIT_ASSERT(prefix->contains(*base::Address::parse("203.0.113.127")));
        CPPUNIT_ASSERT(!prefix->contains(*base::Address::parse("203.0.113.128")));
        CPPUNIT_ASSERT(!prefix->contains(*base::Address::parse("2001:db8::1")));
        CPPUNIT_ASSERT(!base::Prefix::parse("203.0.113.65/26"));
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.64/26"), prefix->to_string());
    }

    void an_endpoint_needs_brackets_for_ipv6_only() {
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::1]:5060"), base::Endpoint::parse("[2001:db8::1]:5060")->to_string());
        CPPUNIT_ASSERT(!base::Endpoint::parse("2001:db8::1:5060"));
        CPPUNIT_ASSERT(!base::Endpoint::parse("[192.0.2.1]:5060"));
        CPPUNIT_ASSERT(!base::Endpoint::parse("192.0.2.1"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AddressTest);

}  // namespace
