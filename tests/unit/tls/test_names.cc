// RFC 5922, 7.1 and 7.2.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/tls/authority.hh"
#include "tls/names.hh"

namespace {

class NamesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NamesTest);
    CPPUNIT_TEST(a_sip_uri_names_a_domain_whatever_the_case);
    CPPUNIT_TEST(where_there_is_a_sip_uri_dns_names_count_for_nothing);
    CPPUNIT_TEST(a_uri_with_a_user_or_of_another_scheme_names_nobody);
    CPPUNIT_TEST(a_dns_name_counts_where_there_is_no_sip_uri);
    CPPUNIT_TEST(a_wildcard_names_nobody);
    CPPUNIT_TEST(a_common_name_counts_only_without_alternatives);
    CPPUNIT_TEST(a_part_of_a_name_is_not_the_name);
    CPPUNIT_TEST(an_address_is_sought_among_the_addresses);
    CPPUNIT_TEST_SUITE_END();

    tls_tests::Authority authority;

    bool names(const std::string& alternatives, std::string_view domain, const std::string& common_name = "x") {
        const auto identity = authority.identity({common_name, alternatives});
        return tls::identifies(*identity->chain().front(), domain);
    }

    void a_sip_uri_names_a_domain_whatever_the_case() {
        CPPUNIT_ASSERT(names("URI:sip:carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(names("URI:SIP:Carrier.Example", "carrier.EXAMPLE"));
    }
    void where_there_is_a_sip_uri_dns_names_count_for_nothing() {
        CPPUNIT_ASSERT(!names("URI:sip:carrier.example,DNS:host.example", "host.example"));
    }
    void a_uri_with_a_user_or_of_another_scheme_names_nobody() {
        CPPUNIT_ASSERT(!names("URI:sip:alice@carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(!names("URI:sips:carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(!names("URI:https://carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(names("URI:sip:alice@carrier.example,DNS:carrier.example", "carrier.example"));
    }
    void a_dns_name_counts_where_there_is_no_sip_uri() {
        CPPUNIT_ASSERT(names("DNS:sip.carrier.example,DNS:carrier.example", "carrier.example"));
    }
    void a_wildcard_names_nobody() {
        CPPUNIT_ASSERT(!names("DNS:*.carrier.example", "sip.carrier.example"));
        CPPUNIT_ASSERT(!names("URI:sip:*.carrier.example", "sip.carrier.example"));
        CPPUNIT_ASSERT(!names("DNS:*.carrier.example", "*.carrier.example"));
    }
    void a_common_name_counts_only_without_alternatives() {
        CPPUNIT_ASSERT(names("", "carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(!names("DNS:other.example", "carrier.example", "carrier.example"));
    }
    void a_part_of_a_name_is_not_the_name() {
        CPPUNIT_ASSERT(!names("DNS:carrier.example", "sip.carrier.example"));
        CPPUNIT_ASSERT(!names("DNS:sip.carrier.example", "carrier.example"));
        CPPUNIT_ASSERT(!names("DNS:carrier.example", ""));
    }
    void an_address_is_sought_among_the_addresses() {
        CPPUNIT_ASSERT(names("IP:203.0.113.7", "203.0.113.7"));
        CPPUNIT_ASSERT(names("IP:2001:db8::7", "2001:db8:0::7"));
        CPPUNIT_ASSERT(!names("IP:203.0.113.8", "203.0.113.7"));
        CPPUNIT_ASSERT(!names("DNS:203.0.113.7", "203.0.113.7", "203.0.113.7"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NamesTest);

}  // namespace
