#include <cppunit/extensions/HelperMacros.h>

#include <boost/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/command.hh"

namespace {

std::string source_path(const std::string& path) {
    const char* top = std::getenv("srcdir");
    return std::string(top ? top : ".") + '/' + path;
}

struct Outcome {
    int code;
    std::string out, err;
};

Outcome run(const cli::Command& command, const cli::Arguments& arguments) {
    std::ostringstream out, err;
    const int code = command.run(arguments, {out, err});
    return {code, out.str(), err.str()};
}

// Lines may end in LF alone in a file.
constexpr const char* kInvite =
    "INVITE sip:+4722000000@203.0.113.1 SIP/2.0\nVia: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKabc\n"
    "Max-Forwards: 70\nFrom: <sip:alice@acme.example>;tag=1\nTo: <sip:+4722000000@203.0.113.1>\nCall-ID: "
    "1@203.0.113.7\n"
    "CSeq: 1 INVITE\nContact: <sip:alice@203.0.113.7>\nX-Secret: 1\nContent-Length: 0\n\n";

class OfflineCommandsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OfflineCommandsTest);
    CPPUNIT_TEST(check_says_good_and_exits_with_0);
    CPPUNIT_TEST(check_tells_every_error_and_exits_with_1);
    CPPUNIT_TEST(explain_says_who_refuses);
    CPPUNIT_TEST(explain_without_what_it_needs_is_wrong_usage);
    CPPUNIT_TEST_SUITE_END();

  public:
    void setUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "sallyport-explain-XXXXXX").string();
        CPPUNIT_ASSERT(mkdtemp(name.data()));
        directory_ = name;
        std::ofstream(directory_ / "invite.sip") << kInvite;
    }
    void tearDown() override { std::filesystem::remove_all(directory_); }

  private:
    static cli::Arguments words(const std::string& word, bool json) {
        cli::Arguments arguments;
        arguments.words = {word};
        arguments.json = json;
        arguments.options["elsewhere"];
        return arguments;
    }

    cli::Arguments question(const std::string& zone, const std::string& source, bool json) const {
        cli::Arguments arguments = words((directory_ / "invite.sip").string(), json);
        arguments.config = source_path("tests/policies/good/contract.toml");
        arguments.options["zone"] = zone;
        arguments.options["source"] = source;
        return arguments;
    }

    void check_says_good_and_exits_with_0() {
        const auto outcome = run(cli::check_command(), words(source_path("etc/sallyport.toml"), false));
        CPPUNIT_ASSERT_EQUAL(cli::kGood, outcome.code);
        CPPUNIT_ASSERT(outcome.err.empty());
        CPPUNIT_ASSERT(outcome.out.find(": good (2 zones, 1 peer, hash ") != std::string::npos);
    }

    void check_tells_every_error_and_exits_with_1() {
        const auto file = source_path("tests/policies/bad/all_at_once.toml");
        const auto outcome = run(cli::check_command(), words(file, false));
        CPPUNIT_ASSERT_EQUAL(cli::kFailed, outcome.code);
        CPPUNIT_ASSERT(outcome.out.empty());
        CPPUNIT_ASSERT_MESSAGE(outcome.err, outcome.err.starts_with(file + ":14:12: error: "));
        const auto json = boost::json::parse(run(cli::check_command(), words(file, true)).out);
        CPPUNIT_ASSERT(!json.at("ok").as_bool());
        CPPUNIT_ASSERT_EQUAL(std::size_t{7}, json.at("complaints").as_array().size());
    }

    void explain_says_who_refuses() {
        const auto json =
            boost::json::parse(run(cli::explain_command(), question("outside", "192.0.2.7:5060", true)).out);
        CPPUNIT_ASSERT(!json.at("accepted").as_bool());
        CPPUNIT_ASSERT(json.at("reason").as_string() == "source_not_allowed");
        CPPUNIT_ASSERT(json.at("status").as_int64() == 403);
        std::ofstream(directory_ / "invite.sip") << "INVITE sip:x SIP/7.0\n\n";
        const auto junk = run(cli::explain_command(), question("outside", "192.0.2.7:5060", false)).out;
        CPPUNIT_ASSERT_MESSAGE(junk, junk.find("refused by the guard") != std::string::npos);
    }

    std::filesystem::path directory_;

    void explain_without_what_it_needs_is_wrong_usage() {
        auto arguments = question("outside", "192.0.2.7:5060", false);
        arguments.options.erase("source");
        CPPUNIT_ASSERT_EQUAL(cli::kWrongUsage, run(cli::explain_command(), arguments).code);
        CPPUNIT_ASSERT_EQUAL(cli::kWrongUsage,
                             run(cli::explain_command(), question("outside", "192.0.2.7", false)).code);
        const auto unknown = run(cli::explain_command(), question("outsite", "192.0.2.7:1", false));
        CPPUNIT_ASSERT_EQUAL(cli::kFailed, unknown.code);
        CPPUNIT_ASSERT(unknown.err.find("did you mean \"outside\"?") != std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OfflineCommandsTest);

}  // namespace
