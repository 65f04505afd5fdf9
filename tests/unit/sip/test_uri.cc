#include <cppunit/extensions/HelperMacros.h>

#include "sip/uri.hh"

namespace {

bool same(const char* a, const char* b) {
    const auto left = sip::Uri::parse(a), right = sip::Uri::parse(b);
    CPPUNIT_ASSERT(left && right);
    CPPUNIT_ASSERT_EQUAL(sip::equivalent(*left, *right), sip::equivalent(*right, *left));
    return sip::equivalent(*left, *right);
}

class UriTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UriTest);
    CPPUNIT_TEST(parts_are_found);
    CPPUNIT_TEST(escapes_and_parameters_survive_the_round_trip);
    CPPUNIT_TEST(other_schemes_keep_their_text_whole);
    CPPUNIT_TEST(malformed_uris_are_refused);
    CPPUNIT_TEST(parameters_are_changed_in_place);
    CPPUNIT_TEST(transports_and_addresses_are_recognised);
    CPPUNIT_TEST(uris_that_rfc_3261_calls_equivalent_are);
    CPPUNIT_TEST(uris_that_rfc_3261_calls_different_are);
    CPPUNIT_TEST_SUITE_END();

    void parts_are_found() {
        const auto uri = sip::Uri::parse(
            "SIPS:alice;day=tue:pass@[2001:DB8::1]:5071;LR;maddr=239.0.0.1?subject=x%20y&to=&a=b");
        CPPUNIT_ASSERT(uri);
        CPPUNIT_ASSERT_EQUAL(std::string("sips"), uri->scheme);
        CPPUNIT_ASSERT_EQUAL(std::string("alice;day=tue"), uri->user);
        CPPUNIT_ASSERT_EQUAL(std::string("pass"), uri->password);
        CPPUNIT_ASSERT_EQUAL(std::string("2001:DB8::1"), uri->host);
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{5071}, uri->port);
        CPPUNIT_ASSERT(uri->parameter("lr") && uri->parameter("lr")->empty());
        CPPUNIT_ASSERT_EQUAL(std::string_view("239.0.0.1"), *uri->parameter("MADDR"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, uri->headers.size());
        CPPUNIT_ASSERT_EQUAL(std::string("x%20y"), uri->headers[0].second);
    }

    void escapes_and_parameters_survive_the_round_trip() {
        for (const char* text :
             {"sip:sips%3Auser%40example.com@example.net", "sip:%00%00@h", "sip:a%25b:%2525@h",
              "sip:h;%6C%72;n%61me=v%61lue%25%34%31", "sip:a@h:5060;transport=tcp;lr;x=[::1]:5;y",
              "sip:+47;phone-context=no@h;user=phone",
              "sip:a@h?Route=%3Csip:b%3E&Subject=", "sips:[::1]:5061", "sip:*21*#31#@h",
              "sip:h;method=INVITE?a=b", "sip:192.0.2.1", "sip:a&=+$,;?/b@h"}) {
            const auto uri = sip::Uri::parse(text);
            CPPUNIT_ASSERT_MESSAGE(text, uri);
            CPPUNIT_ASSERT_EQUAL(std::string(text), uri->to_string());
        }
    }

    void other_schemes_keep_their_text_whole() {
        for (const char* text :
             {"tel:+47-22;phone-context=+47", "urn:service:sos", "soap.beep://192.0.2.103:3002",
              "nobodyknowsthisscheme:totallyopaquecontent", "http://a.b/c?d=e#f"}) {
            const auto uri = sip::Uri::parse(text);
            CPPUNIT_ASSERT_MESSAGE(text, uri && !uri->is_sip() && !uri->host_address());
            CPPUNIT_ASSERT_EQUAL(std::string(text), uri->to_string());
        }
    }

    void malformed_uris_are_refused() {
        for (const char* text : {"",
                                 ":",
                                 "sip:",
                                 "sip",
                                 "1sip:a",
                                 "<sip:a@b>",
                                 "sip:a b@c",
                                 "sip:@h",
                                 "sip:a@",
                                 "sip:a@b@c",
                                 "sip:a%4@h",
                                 "sip:a%zz@h",
                                 "sip:h;",
                                 "sip:h;;a",
                                 "sip:h;=a",
                                 "sip:h;a=",
                                 "sip:h?",
                                 "sip:h?a",
                                 "sip:h?a=b&",
                                 "sip:h/x",
                                 "sip:h:0",
                                 "sip:h:65536",
                                 "sip:h:+1",
                                 "sip:[::1",
                                 "sip:[2001:db8:]",
                                 "sip:1.2.3.4.5",
                                 "sip:a\"@h",
                                 "tel:",
                                 "tel:+4 7",
                                 "sip:h\r\nX:y",
                                 "sip:h;a=\x01"})
            CPPUNIT_ASSERT_MESSAGE(text, !sip::Uri::parse(text));
        std::string many = "sip:h";
        for (int i = 0; i < 65; ++i) many += ";a";
        CPPUNIT_ASSERT(!sip::Uri::parse(many));
    }

    void parameters_are_changed_in_place() {
        auto uri = sip::Uri::parse("sip:a@b;x=1;transport=udp;lr");
        uri->set_parameter("Transport", "tcp");
        uri->remove_parameter("X");
        uri->set_parameter("ob", "");
        CPPUNIT_ASSERT_EQUAL(std::string("sip:a@b;transport=tcp;lr;ob"), uri->to_string());
    }

    void transports_and_addresses_are_recognised() {
        CPPUNIT_ASSERT(!sip::Uri::parse("sip:a@b")->transport());
        CPPUNIT_ASSERT(sip::Uri::parse("sip:a@b;transport=TCP")->transport() == base::Transport::tcp);
        CPPUNIT_ASSERT(!sip::Uri::parse("sip:a@b;transport=sctp")->transport());
        CPPUNIT_ASSERT(sip::Uri::parse("sips:a@b")->transport() == base::Transport::tls);
        CPPUNIT_ASSERT(sip::Uri::parse("sips:a@b;transport=tcp")->transport() == base::Transport::tls);
        CPPUNIT_ASSERT(sip::Uri::parse("sips:a@b;transport=ws")->transport() == base::Transport::wss);
        CPPUNIT_ASSERT(sip::Uri::parse("sip:[::ffff:192.0.2.1]")->host_address() ==
                       base::Address::parse("192.0.2.1"));
        CPPUNIT_ASSERT(!sip::Uri::parse("sip:example.com")->host_address());
    }

    // The examples of 19.1.4.
    void uris_that_rfc_3261_calls_equivalent_are() {
        CPPUNIT_ASSERT(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
        CPPUNIT_ASSERT(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
        CPPUNIT_ASSERT(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
        CPPUNIT_ASSERT(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
        CPPUNIT_ASSERT(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                            "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
        CPPUNIT_ASSERT(same("sip:a%2fb@[2001:db8::1]", "sip:a%2Fb@[2001:DB8:0::1]"));
    }

    void uris_that_rfc_3261_calls_different_are() {
        CPPUNIT_ASSERT(!same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
        CPPUNIT_ASSERT(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
        CPPUNIT_ASSERT(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
        CPPUNIT_ASSERT(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
        CPPUNIT_ASSERT(!same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
        CPPUNIT_ASSERT(!same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
        CPPUNIT_ASSERT(!same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
        CPPUNIT_ASSERT(!same("sip:a@b", "sips:a@b"));
        CPPUNIT_ASSERT(!same("sip:a%2Fb@c", "sip:a/b@c"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UriTest);

}  // namespace
