#include <cppunit/extensions/HelperMacros.h>

#include "daemon/options.hh"

namespace {

using sallyportd::Options;

class OptionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OptionsTest);
    CPPUNIT_TEST(a_file_is_needed_to_serve);
    CPPUNIT_TEST(the_usual_line_serves);
    CPPUNIT_TEST(check_only_reads_the_policy);
    CPPUNIT_TEST(help_and_version_need_no_file);
    CPPUNIT_TEST(what_is_unknown_is_wrong);
    CPPUNIT_TEST_SUITE_END();

    static Options parse(std::vector<const char*> arguments) { return sallyportd::parse_options(arguments); }

    void a_file_is_needed_to_serve() {
        CPPUNIT_ASSERT(parse({}).action == Options::Action::wrong);
        CPPUNIT_ASSERT(parse({"-c"}).action == Options::Action::wrong);
        CPPUNIT_ASSERT(parse({"--foreground"}).action == Options::Action::wrong);
    }
    void the_usual_line_serves() {
        const auto options = parse({"-c", "a.toml", "--foreground"});
        CPPUNIT_ASSERT(options.action == Options::Action::serve);
        CPPUNIT_ASSERT_EQUAL(std::string("a.toml"), options.file);
        CPPUNIT_ASSERT(options.foreground);
        CPPUNIT_ASSERT(!parse({"--config=b.toml"}).foreground);
    }
    void check_only_reads_the_policy() {
        CPPUNIT_ASSERT(parse({"--check", "-c", "a.toml"}).action == Options::Action::check);
    }
    void help_and_version_need_no_file() {
        CPPUNIT_ASSERT(parse({"--help"}).action == Options::Action::help);
        CPPUNIT_ASSERT(parse({"--version"}).action == Options::Action::version);
    }
    void what_is_unknown_is_wrong() {
        CPPUNIT_ASSERT_EQUAL(std::string("unknown argument --fast"), parse({"--fast", "-c", "a.toml"}).error);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OptionsTest);

}  // namespace
