// Whom the policy asks for a password, and the file that holds what they prove it with.
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>

#include "policy/authentication.hh"
#include "policy/users_file.hh"
#include "tests/unit/policy/policies.hh"

namespace {

using policy::Authentication;
using base::HashName;

class AuthenticationTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(AuthenticationTest);
    CPPUNIT_TEST(the_users_file_knows_htdigest_algorithms_and_passwords);
    CPPUNIT_TEST(wrong_lines_are_told_with_their_number_and_without_secrets);
    CPPUNIT_TEST(a_user_needs_every_offered_algorithm);
    CPPUNIT_TEST(the_zone_asks_all_but_peers_and_a_rule_decides_otherwise);
    CPPUNIT_TEST(a_peers_login_has_what_the_file_says);
    CPPUNIT_TEST_SUITE_END();

    static std::string read(Authentication& auth, std::string_view text) {
        policy::Complaints complaints;
        policy::read_users_file("users", text, auth, complaints);
        std::string all;
        for (const auto& complaint : complaints.sorted({"users"})) all += complaint.to_string() + '\n';
        return all;
    }

    static Authentication of_realm(std::vector<HashName> algorithms) {
        Authentication auth;
        auth.realm = "lab";
        auth.algorithms = std::move(algorithms);
        return auth;
    }

    void the_users_file_knows_htdigest_algorithms_and_passwords() {
        auto auth = of_realm({HashName::sha256, HashName::md5});
        CPPUNIT_ASSERT_EQUAL(std::string(), read(auth, "# phones\r\n\nann:lab:" + std::string(32, 'A') +
                                                           "\nann:lab:sha-256:" + std::string(64, 'b') +
                                                           "\nbob:lab:password:pass:with:colons\r\neve:elsewhere:nonsense\n"));
        CPPUNIT_ASSERT_EQUAL(std::string(32, 'a'), *auth.users.secret("ann", HashName::md5));
        CPPUNIT_ASSERT_EQUAL(std::string(64, 'b'), *auth.users.secret("ann", HashName::sha256));
        CPPUNIT_ASSERT_EQUAL(base::hash_of(HashName::md5, {"bob", "lab", "pass:with:colons"}),
                             *auth.users.secret("bob", HashName::md5));
        CPPUNIT_ASSERT(auth.users.secret("bob", HashName::sha256));
        CPPUNIT_ASSERT(!auth.users.secret("bob", HashName::sha512_256));
        CPPUNIT_ASSERT(!auth.users.secret("eve", HashName::md5));
    }

    void wrong_lines_are_told_with_their_number_and_without_secrets() {
        auto auth = of_realm({HashName::md5});
        const auto told = read(auth, "ann:lab:secret1\nbob\nann:lab:password:\nann:lab:MD5:secret2\n"
                                     "ann:lab:SHA-1:secret3\n\"x\":lab:password:secret4\n"
                                     "ann:lab:password:secret5\nann:lab:password:secret6\n");
        CPPUNIT_ASSERT(told.find("secret") == told.npos);
        for (const char* line : {"users:1:1: error: write user:realm:HA1", "users:2:1: error: a line is",
                                 "users:3:1: error: the password is empty", "users:4:1", "users:5:1",
                                 "users:6:1: error: a line is", "users:8:1: error: this user has a MD5 line already"})
            CPPUNIT_ASSERT_MESSAGE(told, told.find(line) != told.npos);
        CPPUNIT_ASSERT(told.find("users:7:1") == told.npos);
    }

    void a_user_needs_every_offered_algorithm() {
        auto auth = of_realm({HashName::sha256, HashName::md5});
        const auto told = read(auth, "ann:lab:" + std::string(32, 'a') + "\n");
        CPPUNIT_ASSERT_EQUAL(std::string("users:1:1: error: user \"ann\" has no SHA-256 line, and \"algorithms\" offers "
                                         "it; add one, or a password line\n"), told);
    }

    void the_zone_asks_all_but_peers_and_a_rule_decides_otherwise() {
        const auto directory = fresh_directory();
        const auto users = secret(directory / "users", "ann:lab:password:x\nann:desk:password:y\n");
        const auto snapshot = policy_tests::compiled(policy_tests::kZones + "[zones.outside.auth]\nrealm = \"lab\"\nusers_file = \"" +
            users + "\"\n[[access]]\nfrom = \"outside\"\nsource = \"203.0.113.8\"\nauth = false\n"
            "[[access]]\nfrom = \"outside\"\nsource = [\"203.0.113.9\", \"203.0.113.71\"]\nauth = { realm = \"desk\", users_file = \"" +
            users + "\", methods = \"OPTIONS\" }\n[[access]]\nfrom = \"outside\"\n");
        std::filesystem::remove_all(directory);
        const auto realm = [&](std::string_view method, const char* source) {
            const auto request = policy_tests::request(method);
            const auto* asks = policy::authentication_of(*snapshot, policy_tests::facts_of(*snapshot, request, source));
            return asks && asks->asks(method) ? asks->realm : std::string();
        };
        CPPUNIT_ASSERT_EQUAL(std::string("lab"), realm("REGISTER", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::string("lab"), realm("INVITE", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::string(), realm("OPTIONS", "203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::string(), realm("INVITE", "203.0.113.70"));       // the carrier
        CPPUNIT_ASSERT_EQUAL(std::string("desk"), realm("OPTIONS", "203.0.113.71"));  // the same, by a rule
        CPPUNIT_ASSERT_EQUAL(std::string(), realm("INVITE", "203.0.113.8"));
        CPPUNIT_ASSERT_EQUAL(std::string("desk"), realm("OPTIONS", "203.0.113.9"));
        CPPUNIT_ASSERT_EQUAL(std::string(), realm("INVITE", "203.0.113.9"));
    }

    void a_peers_login_has_what_the_file_says() {
        const auto directory = fresh_directory();
        const auto password = secret(directory / "secret", "open sesame\n");
        const auto loaded = policy_tests::compiled(policy_tests::kZones + "[peers.carrier.auth]\nuser = \"acme\"\npassword_file = \"" +
            password + "\"\nalgorithms = [\"MD5\", \"SHA-256\"]\nregister = true\nexpires = \"10m\"\n");
        std::filesystem::remove_all(directory);
        const auto& login = loaded->peers[loaded->peer_of({0}, *base::Address::parse("203.0.113.70")).value].login;
        CPPUNIT_ASSERT(login && login->registers);
        CPPUNIT_ASSERT_EQUAL(std::string("open sesame"), login->password);
        CPPUNIT_ASSERT(login->algorithms == (std::vector{HashName::sha256, HashName::md5}));
        CPPUNIT_ASSERT(login->expires == std::chrono::minutes(10));
    }

    static std::filesystem::path fresh_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "sallyport-auth-XXXXXX").string();
        CPPUNIT_ASSERT(mkdtemp(name.data()));
        return name;
    }

    static std::string secret(const std::filesystem::path& path, const std::string& text) {
        std::ofstream(path) << text;
        std::filesystem::permissions(path, std::filesystem::perms(0600));
        return path.string();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuthenticationTest);

}  // namespace
