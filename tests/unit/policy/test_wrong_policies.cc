// Every file in tests/policies/bad says in its head what the loader is to complain about; no more, no less.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/unit/policy/policies.hh"

namespace {

namespace fs = std::filesystem;

class WrongPoliciesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WrongPoliciesTest);
    CPPUNIT_TEST(each_wrong_file_gets_exactly_the_complaints_that_it_expects);
    CPPUNIT_TEST(all_errors_come_at_once_in_the_order_of_the_lines);
    CPPUNIT_TEST(a_file_that_is_not_there_is_one_error);
    CPPUNIT_TEST(a_wrong_included_file_does_not_hide_the_errors_of_the_others);
    CPPUNIT_TEST(a_secret_that_others_may_read_is_an_error);
    CPPUNIT_TEST_SUITE_END();

    // "3:1: error: …", with the directory taken out of places that the text quotes.
    static std::string told(const policy::Complaint& complaint) {
        std::string text = std::to_string(complaint.place.line) + ':' +
                           std::to_string(complaint.place.column) +
                           (complaint.is_error ? ": error: " : ": warning: ") + complaint.text;
        const std::string directory = fs::path(complaint.place.file).parent_path().string() + '/';
        for (auto at = text.find(directory); at != std::string::npos; at = text.find(directory))
            text.erase(at, directory.size());
        return text;
    }

    void each_wrong_file_gets_exactly_the_complaints_that_it_expects() {
        int files = 0;
        for (const auto& entry : fs::directory_iterator(policy_tests::source_path("tests/policies/bad"))) {
            if (entry.path().extension() != ".toml") continue;
            ++files;
            std::ifstream file(entry.path());
            std::string expected, line;
            bool here = false;
            while (std::getline(file, line)) {
                constexpr std::string_view kExpect = "# expect: ";
                if (line.starts_with(kExpect)) expected += line.substr(kExpect.size()) + '\n';
                here = here || line == "# check-local-addresses";
            }
            const auto loaded = policy::load(entry.path().string(), {.check_local_addresses = here});
            std::string got;
            for (const auto& complaint : loaded.complaints) got += told(complaint) + '\n';
            CPPUNIT_ASSERT_EQUAL_MESSAGE(entry.path().string(), expected, got);
            CPPUNIT_ASSERT_MESSAGE(entry.path().string(), !loaded.snapshot);
        }
        CPPUNIT_ASSERT(files >= 30);
    }

    void all_errors_come_at_once_in_the_order_of_the_lines() {
        const auto loaded = policy::load(policy_tests::source_path("tests/policies/bad/all_at_once.toml"),
                                         {.check_local_addresses = false});
        CPPUNIT_ASSERT_EQUAL(std::size_t{7}, loaded.complaints.size());
        CPPUNIT_ASSERT(
            std::ranges::is_sorted(loaded.complaints, {}, [](const auto& c) { return c.place.line; }));
    }

    void a_file_that_is_not_there_is_one_error() {
        const auto loaded = policy::load("/nowhere/policy.toml", {});
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, loaded.complaints.size());
        CPPUNIT_ASSERT_EQUAL(
            std::string("/nowhere/policy.toml:1:1: error: cannot be read: No such file or directory"),
            loaded.complaints[0].to_string());
    }

    static fs::path fresh_directory() {
        std::string name = (fs::temp_directory_path() / "sallyport-policy-XXXXXX").string();
        CPPUNIT_ASSERT(mkdtemp(name.data()));
        return name;
    }

    static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

    void a_wrong_included_file_does_not_hide_the_errors_of_the_others() {
        const fs::path directory = fresh_directory();
        fs::create_directory(directory / "d");
        write(directory / "main.toml",
              "include = [\"d/*.toml\"]\n[node]\nname = \"a\"\nworkers = -1\n" + policy_tests::kZones);
        write(directory / "d/10.toml", "[node\n");
        write(directory / "d/20.toml", "[node]\nname = \"b\"\n[peers.pbx]\nzone = \"inside\"\n");
        write(directory / "d/30.toml",
              "include = [\"x\"]\n[[routes]]\nfrom = \"outside\"\nto = \"nobody\"\n");
        const auto loaded =
            policy::load((directory / "main.toml").string(), {.check_local_addresses = false});
        std::string got;
        for (const auto& c : loaded.complaints)
            got += fs::path(c.place.file).filename().string() + ':' + std::to_string(c.place.line) + ' ';
        CPPUNIT_ASSERT_EQUAL(std::string("main.toml:4 10.toml:1 20.toml:2 20.toml:3 30.toml:1 30.toml:4 "),
                             got);
        CPPUNIT_ASSERT(loaded.complaints[2].text.find("main.toml:3:1") != std::string::npos);
        fs::remove_all(directory);
    }

    void a_secret_that_others_may_read_is_an_error() {
        const fs::path directory = fresh_directory();
        const fs::path secret = directory / "secret";
        write(secret, "x");
        const std::string text = policy_tests::kZones +
                                 "[peers.carrier.auth]\nuser = \"acme\"\npassword_file = \"" +
                                 secret.string() + "\"\n";
        fs::permissions(secret, fs::perms(0644));
        const auto open = policy::load_text("t.toml", text, {.check_local_addresses = false});
        fs::permissions(secret, fs::perms(0640));
        const auto closed = policy::load_text("t.toml", text, {.check_local_addresses = false});
        fs::remove_all(directory);
        CPPUNIT_ASSERT(!open.snapshot);
        CPPUNIT_ASSERT(closed.snapshot);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WrongPoliciesTest);

}  // namespace
