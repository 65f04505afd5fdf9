#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/tls/authority.hh"
#include "tls/context.hh"

namespace {

class IdentityTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(IdentityTest);
    CPPUNIT_TEST(a_certificate_comes_with_the_chain_above_it);
    CPPUNIT_TEST(a_text_without_a_certificate_is_a_fault_of_the_certificate);
    CPPUNIT_TEST(a_text_without_a_key_is_a_fault_of_the_key);
    CPPUNIT_TEST(a_key_of_another_certificate_is_refused);
    CPPUNIT_TEST(a_fault_says_nothing_of_the_key);
    CPPUNIT_TEST(ciphers_that_openssl_does_not_know_make_no_context);
    CPPUNIT_TEST_SUITE_END();

    tls_tests::Authority authority;
    tls::Identity::Fault fault;

    void a_certificate_comes_with_the_chain_above_it() {
        const auto [certificate, key] = authority.issue({});
        const auto identity = tls::Identity::parse(certificate + authority.certificate(), key, fault);
        CPPUNIT_ASSERT(identity);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, identity->chain().size());
    }

    void a_text_without_a_certificate_is_a_fault_of_the_certificate() {
        const auto key = authority.issue({}).second;
        for (const std::string text : {"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
            CPPUNIT_ASSERT(!tls::Identity::parse(text, key, fault));
        CPPUNIT_ASSERT(!fault.in_key);
    }

    void a_text_without_a_key_is_a_fault_of_the_key() {
        const auto certificate = authority.issue({}).first;
        CPPUNIT_ASSERT(!tls::Identity::parse(certificate, certificate, fault));
        CPPUNIT_ASSERT(fault.in_key);
    }

    void a_key_of_another_certificate_is_refused() {
        CPPUNIT_ASSERT(!tls::Identity::parse(authority.issue({}).first, authority.issue({}).second, fault));
        CPPUNIT_ASSERT(fault.in_key);
        CPPUNIT_ASSERT_EQUAL(std::string("is not the key of the first certificate"), fault.text);
    }

    void a_fault_says_nothing_of_the_key() {
        const auto key = authority.issue({}).second;
        const std::string middle = key.substr(40, 30);
        (void)tls::Identity::parse(authority.issue({}).first, key, fault);
        CPPUNIT_ASSERT(fault.text.find(middle) == std::string::npos);
    }

    void ciphers_that_openssl_does_not_know_make_no_context() {
        tls::Rules rules{{authority.identity({})}, {}, tls::Verify::none, false, "NO-SUCH-CIPHER"};
        std::string why;
        CPPUNIT_ASSERT(!tls::Context::make(tls::Role::server, rules, why));
        CPPUNIT_ASSERT(why.find("cipher") != std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IdentityTest);

}  // namespace
