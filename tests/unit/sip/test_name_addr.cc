#include <cppunit/extensions/HelperMacros.h>

#include "sip/name_addr.hh"

namespace {

std::string written(std::string_view text) {
    const auto value = sip::NameAddr::parse(text);
    return value ? value->to_string() : "refused";
}

class NameAddrTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NameAddrTest);
    CPPUNIT_TEST(display_names_keep_their_quotes);
    CPPUNIT_TEST(parameters_behind_a_bare_uri_belong_to_the_header);
    CPPUNIT_TEST(parameters_survive_the_round_trip);
    CPPUNIT_TEST(malformed_values_are_refused);
    CPPUNIT_TEST(tags_are_set_and_removed);
    CPPUNIT_TEST_SUITE_END();

    void display_names_keep_their_quotes() {
        const auto value =
            sip::NameAddr::parse("\"A. \\\"Bell\\\" <x>, ;\"  <sip:bell@example.com;lr>;tag=1");
        CPPUNIT_ASSERT(value);
        CPPUNIT_ASSERT_EQUAL(std::string("\"A. \\\"Bell\\\" <x>, ;\""), value->display_name);
        CPPUNIT_ASSERT_EQUAL(std::string("bell"), value->uri.user);
        CPPUNIT_ASSERT(value->uri.parameter("lr"));
        CPPUNIT_ASSERT_EQUAL(std::string("Anna  Bell <sip:a@b>"), written("Anna  Bell<sip:a@b>"));
        CPPUNIT_ASSERT_EQUAL(std::string("\"\" <sip:a@b>"), written("\"\"<sip:a@b>"));
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:h>"), written("<sip:h>"));
    }

    void parameters_behind_a_bare_uri_belong_to_the_header() {
        const auto value = sip::NameAddr::parse("sip:+16505552222@ss1.example.net;user=phone ; tag = 5");
        CPPUNIT_ASSERT(value && value->uri.parameters.empty());
        CPPUNIT_ASSERT_EQUAL(std::string_view("5"), value->tag());
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:+16505552222@ss1.example.net>;user=phone;tag=5"),
                             value->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("<tel:+47>;tag=1"), written("tel:+47;tag=1"));
    }

    void parameters_survive_the_round_trip() {
        for (const char* text :
             {"<sip:a@b>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=1;expires=60;q=0.5;lonely",
              "<sip:a%41@b;p=%20?h=%3c>;x=%41;y=\"a;b,\\\"c\"", "\"x\" <sip:[2001:db8::1]:5060>;h=[::1]",
              "<urn:service:sos>", "<sip:a@b>;text=\"\xd0\xbf\xd1\x80\""})
            CPPUNIT_ASSERT_EQUAL(std::string(text), written(text));
    }

    void malformed_values_are_refused() {
        for (const char* text : {"",
                                 "*",
                                 "Bob",
                                 "\"Bob",
                                 "\"Bob\"",
                                 "\"Bob\" sip:a@b",
                                 "<sip:a@b",
                                 "<>",
                                 "< sip:a@b>",
                                 "<sip:a@b >",
                                 "sip:a,b@c",
                                 "sip:a@b?h=v",
                                 "Bell, A <sip:a@b>",
                                 "<sip:a@b>;",
                                 "<sip:a@b>;;x",
                                 "<sip:a@b>;=x",
                                 "<sip:a@b>;x=",
                                 "<sip:a@b>x",
                                 "<sip:a@b>, <sip:c@d>",
                                 "a\x01 <sip:a@b>",
                                 "<sip:a@b>;x=\"",
                                 "\"a\nb\" <sip:a@b>"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("refused"), written(text));
    }

    void tags_are_set_and_removed() {
        auto value = sip::NameAddr::parse("sip:a@b");
        CPPUNIT_ASSERT(value->tag().empty());
        value->set_parameter("tag", "t1");
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:a@b>;tag=t1"), value->to_string());
        value->remove_parameter("TAG");
        CPPUNIT_ASSERT_EQUAL(std::string("<sip:a@b>"), value->to_string());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NameAddrTest);

}  // namespace
