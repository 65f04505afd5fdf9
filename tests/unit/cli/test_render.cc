#include <cppunit/extensions/HelperMacros.h>

#include <boost/json.hpp>

#include <sstream>

#include "cli/render.hh"

namespace {

std::string text_of(const char* json, const std::vector<std::string>& columns = {}) {
    std::ostringstream out;
    cli::print_value(out, boost::json::parse(json), columns);
    return out.str();
}

class RenderTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RenderTest);
    CPPUNIT_TEST(columns_are_aligned_and_numbers_stand_to_the_right);
    CPPUNIT_TEST(fields_that_nobody_named_come_last);
    CPPUNIT_TEST(inner_objects_become_columns);
    CPPUNIT_TEST(an_object_is_a_list_of_fields_and_tables);
    CPPUNIT_TEST(an_empty_list_says_none);
    CPPUNIT_TEST(control_characters_never_reach_the_terminal);
    CPPUNIT_TEST_SUITE_END();

    void columns_are_aligned_and_numbers_stand_to_the_right() {
        CPPUNIT_ASSERT_EQUAL(
            std::string("ID  FROM     N\n"
                        "a   s\xc3\xb8ren    7\n"
                        "bb  x      100\n"),
            text_of(R"([{"n":7,"id":"a","from":"s\u00f8ren"},{"n":100,"id":"bb","from":"x"}])",
                    {"id", "from", "n"}));
    }

    void fields_that_nobody_named_come_last() {
        CPPUNIT_ASSERT_EQUAL(std::string("B  A\n2  1\n"), text_of(R"([{"a":1,"b":2}])", {"b", "absent"}));
    }

    void inner_objects_become_columns() {
        CPPUNIT_ASSERT_EQUAL(std::string("A LOCAL  A PACKETS\nx                3\n"),
                             text_of(R"([{"a":{"packets":3,"local":"x"}}])", {"a.local", "a.packets"}));
    }

    void an_object_is_a_list_of_fields_and_tables() {
        CPPUNIT_ASSERT_EQUAL(std::string("id     c1\nstate  -\n\nstreams:\nMEDIA\naudio\n"),
                             text_of(R"({"id":"c1","streams":[{"media":"audio"}],"state":null})"));
    }

    void an_empty_list_says_none() { CPPUNIT_ASSERT_EQUAL(std::string("none\n"), text_of("[]")); }

    void control_characters_never_reach_the_terminal() {
        CPPUNIT_ASSERT_EQUAL(std::string("FROM\na?[31mb?c\n"),
                             text_of("[{\"from\":\"a\\u001b[31mb\\u009bc\"}]"));
        CPPUNIT_ASSERT_EQUAL(std::string("a?b"), cli::printable("a\nb"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RenderTest);

}  // namespace
