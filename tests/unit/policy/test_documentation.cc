// Every example in the reference is a policy that loads, alone or below the zones and peers that its text
// assumes.
#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <sstream>

#include "tests/unit/policy/policies.hh"

namespace {

class DocumentationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(DocumentationTest);
    CPPUNIT_TEST(every_example_of_the_reference_loads);
    CPPUNIT_TEST(every_place_of_a_topology_is_described);
    CPPUNIT_TEST_SUITE_END();

    static std::string reference() {
        std::ifstream file(policy_tests::source_path("docs/policy.md"));
        CPPUNIT_ASSERT(file);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    void every_example_of_the_reference_loads() {
        std::istringstream lines(reference());
        std::string line, example;
        int number = 0, begin = 0, examples = 0;
        bool inside = false;
        while (std::getline(lines, line)) {
            ++number;
            if (!inside && line == "```toml") {
                inside = true;
                begin = number;
                example.clear();
            } else if (inside && line == "```") {
                inside = false;
                ++examples;
                check(example, begin);
            } else if (inside) {
                example += line + '\n';
            }
        }
        CPPUNIT_ASSERT(examples >= 12);
    }

    // An example that has no zones of its own is read below those of the tests, whose names the reference
    // uses.
    static void check(const std::string& example, int line) {
        const bool whole = example.find("[zones.") != std::string::npos;
        const auto loaded =
            policy::load_text("docs/policy.md", whole ? example : example + policy_tests::kZones,
                              {.check_local_addresses = false});
        std::string text = "the example at line " + std::to_string(line) + ":\n";
        for (const auto& complaint : loaded.complaints) text += complaint.to_string() + '\n';
        CPPUNIT_ASSERT_MESSAGE(text, loaded.snapshot);
    }

    void every_place_of_a_topology_is_described() {
        const std::string text = reference();
        for (int i = 0; i < policy::kLeakPlaces; ++i) {
            const std::string name(policy::name_of(static_cast<policy::LeakPlace>(i)));
            CPPUNIT_ASSERT_MESSAGE(name, text.find("| `" + name + "` |") != std::string::npos);
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DocumentationTest);

}  // namespace
