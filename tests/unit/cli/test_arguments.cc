#include <cppunit/extensions/HelperMacros.h>

#include "cli/arguments.hh"

namespace {

class ArgumentsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ArgumentsTest);
    CPPUNIT_TEST(common_options_are_taken_by_every_command);
    CPPUNIT_TEST(words_and_options_may_stand_in_any_order);
    CPPUNIT_TEST(what_is_unknown_missing_or_too_much_is_wrong_usage);
    CPPUNIT_TEST(an_option_is_never_guessed);
    CPPUNIT_TEST(help_is_wanted_before_anything_is_missed);
    CPPUNIT_TEST_SUITE_END();

    using Words = std::vector<std::string>;

    void common_options_are_taken_by_every_command() {
        const auto read = cli::read_arguments(cli::calls_command(), {"--json", "--socket", "/s", "-c", "f"});
        const auto& arguments = std::get<cli::Arguments>(read);
        CPPUNIT_ASSERT(arguments.json);
        CPPUNIT_ASSERT_EQUAL(std::string("/s"), arguments.socket);
        CPPUNIT_ASSERT_EQUAL(std::string("f"), arguments.config);
    }

    void words_and_options_may_stand_in_any_order() {
        const auto read =
            cli::read_arguments(cli::explain_command(), 
                                {"m.sip", "--zone", "outside", "--registered", "sip:ann@203.0.113.7"});
        const auto& arguments = std::get<cli::Arguments>(read);
        CPPUNIT_ASSERT(arguments.words == Words{"m.sip"});
        CPPUNIT_ASSERT_EQUAL(std::string("outside"), arguments.options.at("zone"));
        CPPUNIT_ASSERT(arguments.has("registered") && !arguments.has("transport"));
    }

    static bool wrong(const cli::Command& command, const Words& words) {
        return std::holds_alternative<cli::WrongUsage>(cli::read_arguments(command, words));
    }

    void what_is_unknown_missing_or_too_much_is_wrong_usage() {
        CPPUNIT_ASSERT(wrong(cli::calls_command(), {"--colour"}));
        CPPUNIT_ASSERT(wrong(cli::calls_command(), {"--socket"}));
        CPPUNIT_ASSERT(wrong(cli::calls_command(), {"7"}));
        CPPUNIT_ASSERT(wrong(cli::call_command(), {}));
        CPPUNIT_ASSERT(wrong(cli::hangup_command(), {"1", "2"}));
        CPPUNIT_ASSERT(!wrong(cli::ban_command(), {"203.0.113.7", "60"}));
    }

    void an_option_is_never_guessed() { CPPUNIT_ASSERT(wrong(cli::calls_command(), {"--js"})); }

    void help_is_wanted_before_anything_is_missed() {
        CPPUNIT_ASSERT(
            std::holds_alternative<cli::HelpWanted>(cli::read_arguments(cli::call_command(), {"--help"})));
        const std::string help = cli::help_of(cli::explain_command());
        for (const char* word : {"Usage: sallyport explain", "--zone ZONE", "--json", "--socket PATH"})
            CPPUNIT_ASSERT_MESSAGE(help, help.find(word) != std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ArgumentsTest);

}  // namespace
