#include <cppunit/extensions/HelperMacros.h>

#include "sip/dialog_name.hh"
#include "sip/name_addr.hh"

namespace {

using sip::DialogName;

class DialogNameTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DialogNameTest);
    CPPUNIT_TEST(parts_are_found_in_any_order);
    CPPUNIT_TEST(without_both_tags_it_names_nothing);
    CPPUNIT_TEST(it_stands_among_the_headers_of_a_uri_and_comes_out_as_it_was);
    CPPUNIT_TEST_SUITE_END();

    void parts_are_found_in_any_order() {
        const auto name = DialogName::parse("98732@sip.example.com ;early-only; from-tag=r33th4x0r ;To-Tag=ff87ff");
        CPPUNIT_ASSERT(name);
        CPPUNIT_ASSERT_EQUAL(std::string("98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r;early-only"), name->to_string());
    }

    void without_both_tags_it_names_nothing() {
        for (const auto text : {"", "a", "a;to-tag=b", "a;from-tag=b", "a;to-tag=;from-tag=b", ";to-tag=a;from-tag=b"})
            CPPUNIT_ASSERT_MESSAGE(text, !DialogName::parse(text));
    }

    void it_stands_among_the_headers_of_a_uri_and_comes_out_as_it_was() {
        const std::string text = "a%b+c@[2001:db8::1];to-tag=1*2;from-tag=3'4";
        const auto uri = "<sip:x@h?Replaces=" + sip::escaped_header(text) + ">";
        CPPUNIT_ASSERT(uri.find("%40") != uri.npos && uri.find("%3Bto-tag%3D1") != uri.npos && uri.find("%25b") != uri.npos);
        const auto read = sip::NameAddr::parse(uri);
        CPPUNIT_ASSERT(read && read->uri.headers.size() == 1);
        CPPUNIT_ASSERT_EQUAL(text, sip::unescaped(read->uri.headers.front().second));
        CPPUNIT_ASSERT_EQUAL(uri, read->to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("100%"), sip::unescaped("100%"));
        CPPUNIT_ASSERT_EQUAL(std::string("%zz %"), sip::unescaped("%zz%20%"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DialogNameTest);

}  // namespace
