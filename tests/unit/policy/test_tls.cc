// The key "tls" of zones and peers, with files as an operator has them.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>

#include "tests/unit/policy/policies.hh"

namespace {

namespace fs = std::filesystem;

class TlsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TlsTest);
    CPPUNIT_TEST(a_zone_with_a_certificate_opens_its_doors);
    CPPUNIT_TEST(several_certificates_keep_their_order);
    CPPUNIT_TEST(a_key_that_others_may_read_is_an_error_where_it_is_said);
    CPPUNIT_TEST(a_key_of_another_certificate_is_an_error_where_it_is_said);
    CPPUNIT_TEST(ciphers_that_nobody_knows_are_an_error_where_they_are_said);
    CPPUNIT_TEST(a_peer_verifies_unless_told_otherwise_and_takes_the_zones_certificate);
    CPPUNIT_TEST(a_zone_without_certificate_leaves_its_doors_closed_with_a_warning);
    CPPUNIT_TEST(no_complaint_holds_a_line_of_a_key);
    CPPUNIT_TEST_SUITE_END();

    fs::path directory;

 public:
    void setUp() override {
        directory = fs::temp_directory_path() / ("sallyport-tls-" + std::to_string(::getpid()));
        fs::create_directories(directory);
        for (const char* name : {"edge.pem", "edge.key", "other.pem", "other.key"}) {
            fs::copy_file(policy_tests::source_path("tests/policies/tls/" + std::string(name)), directory / name,
                          fs::copy_options::overwrite_existing);
            fs::permissions(directory / name, fs::perms(0640));
        }
    }
    void tearDown() override { fs::remove_all(directory); }

 private:
    // The keys of tls stand in line 6, behind their key.
    policy::Loaded load(const std::string& tls, const std::string& more = {}) {
        const std::string text = "[zones.outside]\n"
                                 "listen = [\"udp:203.0.113.1:5060\", \"tls:203.0.113.1:5061\", \"wss:203.0.113.1:443\"]\n"
                                 "media = { address = \"203.0.113.1\", ports = \"20000-29999\" }\ntrusted = true\n\n" +
                                 tls + "\n" + more;
        return policy::load_text((directory / "p.toml").string(), text, {.check_local_addresses = false});
    }
    static std::string words(const policy::Loaded& loaded) {
        std::string text;
        for (const auto& complaint : loaded.complaints)
            text += std::to_string(complaint.place.line) + ':' + std::to_string(complaint.place.column) + ' ' +
                    (complaint.is_error ? "error: " : "warning: ") + complaint.text + '\n';
        return text;
    }
    static bool says(const policy::Loaded& loaded, std::string_view what) {
        return words(loaded).find(what) != std::string::npos;
    }

    void a_zone_with_a_certificate_opens_its_doors() {
        const auto loaded = load("tls = { certificate = \"edge.pem\", key = \"edge.key\", minimum = \"1.3\" }");
        CPPUNIT_ASSERT_EQUAL(std::string(), words(loaded));
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, loaded.snapshot->listeners.size());
        const auto& tls = loaded.snapshot->zones[0].tls;
        CPPUNIT_ASSERT(tls.server && tls.server->rules().only_1_3 && tls.server->rules().verify == tls::Verify::none);
        CPPUNIT_ASSERT(tls.client && tls.client->rules().verify == tls::Verify::require);
    }
    void several_certificates_keep_their_order() {
        const auto loaded = load("tls = { certificates = [{ certificate = \"edge.pem\", key = \"edge.key\" }, "
                                 "{ certificate = \"other.pem\", key = \"other.key\" }] }");
        CPPUNIT_ASSERT_EQUAL(std::string(), words(loaded));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, loaded.snapshot->zones[0].tls.server->rules().identities.size());
    }
    void a_key_that_others_may_read_is_an_error_where_it_is_said() {
        fs::permissions(directory / "edge.key", fs::perms(0644));
        const auto loaded = load("tls = { certificate = \"edge.pem\", key = \"edge.key\" }");
        CPPUNIT_ASSERT(!loaded.snapshot);
        CPPUNIT_ASSERT_EQUAL("6:41 error: \"" + (directory / "edge.key").string() +
                                 "\" is open to everybody on this host; chmod 0640 it\n",
                             words(loaded));
    }
    void a_key_of_another_certificate_is_an_error_where_it_is_said() {
        const auto loaded = load("tls = { certificate = \"edge.pem\", key = \"other.key\" }");
        CPPUNIT_ASSERT_EQUAL(std::string("6:41 error: \"other.key\" is not the key of the first certificate\n"),
                             words(loaded));
    }
    void ciphers_that_nobody_knows_are_an_error_where_they_are_said() {
        const auto loaded = load("tls = { ciphers = \"LOW-AND-WEAK\", certificate = \"edge.pem\", key = \"edge.key\" }");
        CPPUNIT_ASSERT(!loaded.snapshot);
        CPPUNIT_ASSERT_MESSAGE(words(loaded), says(loaded, "6:19 error: OpenSSL refuses this: no cipher match; write"));
    }
    void a_peer_verifies_unless_told_otherwise_and_takes_the_zones_certificate() {
        const std::string peer = "[peers.carrier]\nzone = \"outside\"\nuri = \"sip:203.0.113.70;transport=tls\"\n";
        const std::string zone = "tls = { certificate = \"edge.pem\", key = \"edge.key\" }";
        const auto plain = load(zone, peer);
        CPPUNIT_ASSERT(!plain.snapshot->peers[0].tls);
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.70"), plain.snapshot->peers[0].tls_name);
        const auto own = load(zone, peer + "tls = { name = \"carrier.example\", ca = \"other.pem\" }\n");
        CPPUNIT_ASSERT_EQUAL(std::string(), words(own));
        const auto& rules = own.snapshot->peers[0].tls->rules();
        CPPUNIT_ASSERT(rules.verify == tls::Verify::require && rules.trust && rules.identities.size() == 1);
        CPPUNIT_ASSERT_EQUAL(std::string("carrier.example"), own.snapshot->peers[0].tls_name);
        const auto none = load(zone, peer + "tls = { verify = \"none\" }\n");
        CPPUNIT_ASSERT(none.snapshot->peers[0].tls->rules().verify == tls::Verify::none);
    }
    void a_zone_without_certificate_leaves_its_doors_closed_with_a_warning() {
        const auto loaded = load("");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, loaded.snapshot->listeners.size());
        CPPUNIT_ASSERT(says(loaded, "warning: there is no certificate for this tls listener, and it is left closed"));
        CPPUNIT_ASSERT(says(loaded, "warning: there is no certificate for this wss listener, and it is left closed"));
    }
    void no_complaint_holds_a_line_of_a_key() {
        const auto loaded = load("tls = { certificate = \"edge.key\", key = \"edge.key\", ca = \"edge.key\" }");
        CPPUNIT_ASSERT(!loaded.snapshot);
        CPPUNIT_ASSERT(!says(loaded, "MIG") && !says(loaded, "BEGIN PRIVATE"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsTest);

}  // namespace
