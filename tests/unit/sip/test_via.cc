#include <cppunit/extensions/HelperMacros.h>

#include "sip/via.hh"

namespace {

class ViaTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ViaTest);
    CPPUNIT_TEST(parts_are_found);
    CPPUNIT_TEST(blanks_around_separators_are_allowed);
    CPPUNIT_TEST(the_round_trip_keeps_everything);
    CPPUNIT_TEST(malformed_values_are_refused);
    CPPUNIT_TEST_SUITE_END();

    void parts_are_found() {
        auto via =
            sip::Via::parse("SIP/2.0/TLS [2001:db8::9]:5071;rport;branch=z9hG4bK-1;received=2001:db8::8");
        CPPUNIT_ASSERT(via);
        CPPUNIT_ASSERT_EQUAL(std::string("TLS"), via->transport);
        CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::9"), via->host);
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{5071}, via->port);
        CPPUNIT_ASSERT_EQUAL(std::string_view("z9hG4bK-1"), via->branch());
        CPPUNIT_ASSERT(via->has_magic_cookie());
        CPPUNIT_ASSERT(via->parameter("rport") && via->parameter("rport")->empty());
        via->set_parameter("rport", "5099");
        CPPUNIT_ASSERT_EQUAL(
            std::string("SIP/2.0/TLS [2001:db8::9]:5071;rport=5099;branch=z9hG4bK-1;received=2001:db8::8"),
            via->to_string());
    }

    void blanks_around_separators_are_allowed() {
        const auto via =
            sip::Via::parse("SIP / 2.0 / UDP \t first.example.com : 4000 ; ttl = 16 ; branch = a7c6a8dlze.1");
        CPPUNIT_ASSERT(via);
        CPPUNIT_ASSERT_EQUAL(std::string("SIP/2.0/UDP first.example.com:4000;ttl=16;branch=a7c6a8dlze.1"),
                             via->to_string());
        CPPUNIT_ASSERT(!via->has_magic_cookie());
    }

    void the_round_trip_keeps_everything() {
        for (const char* text :
             {"SIP/2.0/UDP h", "SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en;x=\"a;b\"",
              "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK209%fzsnel234;keep;alias"})
            CPPUNIT_ASSERT_EQUAL(std::string(text), sip::Via::parse(text)->to_string());
    }

    void malformed_values_are_refused() {
        for (const char* text :
             {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/7.0/UDP h", "SIP/2.0 h", "HTTP/2.0/UDP h", "SIP/2.0/ h",
              "SIP/2.0/UDPh", "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;",
              "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:99999", "SIP/2.0/UDP [::1",
              "SIP/2.0/UDP 1.2.3.4.5", "SIP/2.0/UDP a, SIP/2.0/UDP b", "SIP/2.0/UDP h\r\nX: y"})
            CPPUNIT_ASSERT_MESSAGE(text, !sip::Via::parse(text));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ViaTest);

}  // namespace
