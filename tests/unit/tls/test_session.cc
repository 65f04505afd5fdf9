// Two sessions that speak to each other in memory.
#include <cppunit/extensions/HelperMacros.h>
#include <malloc.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/unit/tls/authority.hh"
#include "tls/session.hh"

namespace {

using tls::Verify;
using End = tls::Session::End;

class SessionTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(SessionTest);
    CPPUNIT_TEST(what_one_says_the_other_hears);
    CPPUNIT_TEST(every_split_of_the_bytes_gives_the_same);
    CPPUNIT_TEST(a_server_with_another_name_is_not_trusted);
    CPPUNIT_TEST(a_server_of_another_authority_is_not_trusted);
    CPPUNIT_TEST(a_client_that_does_not_verify_takes_any_server);
    CPPUNIT_TEST(a_client_without_certificate_fails_where_one_is_required);
    CPPUNIT_TEST(a_client_that_shows_a_good_certificate_is_known_by_it);
    CPPUNIT_TEST(a_client_of_another_authority_fails_even_where_none_is_required);
    CPPUNIT_TEST(the_name_that_is_asked_for_chooses_the_certificate);
    CPPUNIT_TEST(an_old_version_is_refused);
    CPPUNIT_TEST(renegotiation_is_refused);
    CPPUNIT_TEST(noise_fails_and_says_so);
    CPPUNIT_TEST(a_client_that_begins_and_waits_costs_its_bytes);
    CPPUNIT_TEST(a_half_record_is_noticed);
    CPPUNIT_TEST(a_goodbye_is_no_failure);
    CPPUNIT_TEST(nothing_is_sent_before_the_handshake_is_over);
    CPPUNIT_TEST_SUITE_END();

    tls_tests::Authority authority, stranger;
    tls::Rules server_rules, client_rules;
    std::optional<tls::Session> server, client;
    std::string heard_by_server, heard_by_client;

 public:
    void setUp() override {
        server_rules.identities = {authority.identity({"x", "DNS:gate.example"})};
        client_rules.trust = authority.trust();
        client_rules.verify = Verify::require;
    }

 private:
    static std::shared_ptr<const tls::Context> context(tls::Role role, const tls::Rules& rules) {
        std::string fault;
        auto made = tls::Context::make(role, rules, fault);
        CPPUNIT_ASSERT_MESSAGE(fault, made);
        return made;
    }

    void exchange(std::size_t piece = 1 << 20) {
        for (int i = 0; i < 20; ++i) {
            const std::string there = client->take_outgoing(), back = server->take_outgoing();
            for (std::size_t at = 0; at < there.size(); at += piece)
                (void)server->receive(std::string_view(there).substr(at, piece), heard_by_server);
            for (std::size_t at = 0; at < back.size(); at += piece)
                (void)client->receive(std::string_view(back).substr(at, piece), heard_by_client);
        }
    }
    void meet(const std::string& name = "gate.example", std::size_t piece = 1 << 20) {
        server.emplace(context(tls::Role::server, server_rules), std::string());
        client.emplace(context(tls::Role::client, client_rules), name);
        client->start();
        exchange(piece);
    }
    void is_open() {
        CPPUNIT_ASSERT_MESSAGE(client->why() + server->why(), client->established() && server->established());
    }

    void what_one_says_the_other_hears() {
        meet();
        is_open();
        CPPUNIT_ASSERT(client->send("OPTIONS"));
        CPPUNIT_ASSERT(server->send(std::string(100'000, 'x')));
        exchange();
        CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS"), heard_by_server);
        CPPUNIT_ASSERT_EQUAL(std::size_t{100'000}, heard_by_client.size());
        CPPUNIT_ASSERT(client->peer_is("gate.example") && !client->peer_is("other.example"));
        CPPUNIT_ASSERT(!server->peer_is("gate.example"));
    }
    void every_split_of_the_bytes_gives_the_same() {
        for (const std::size_t piece : {1, 2, 3, 5, 7, 100, 1000}) {
            heard_by_server.clear();
            meet("gate.example", piece);
            is_open();
            CPPUNIT_ASSERT(client->send("OPTIONS sip:x"));
            exchange(piece);
            CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS sip:x"), heard_by_server);
            CPPUNIT_ASSERT(!server->has_partial());
        }
    }
    void a_server_with_another_name_is_not_trusted() {
        meet("other.example");
        CPPUNIT_ASSERT(client->end() == End::untrusted && !client->established());
        CPPUNIT_ASSERT(!server->established() || server->end() == End::failed);
        CPPUNIT_ASSERT_EQUAL(std::string("hostname mismatch"), client->why());
    }
    void a_server_of_another_authority_is_not_trusted() {
        client_rules.trust = stranger.trust();
        meet();
        CPPUNIT_ASSERT(client->end() == End::untrusted);
    }
    void a_client_that_does_not_verify_takes_any_server() {
        client_rules = {};
        meet("whoever.example");
        is_open();
        CPPUNIT_ASSERT(!client->peer_is("gate.example"));        // seen, and not believed
    }
    void a_client_without_certificate_fails_where_one_is_required() {
        server_rules.trust = authority.trust();
        server_rules.verify = Verify::require;
        meet();
        CPPUNIT_ASSERT(server->end() == End::failed && !server->established());
        server_rules.verify = Verify::request;
        meet();
        is_open();
        CPPUNIT_ASSERT(!server->peer_is("carrier.example"));
    }
    void a_client_that_shows_a_good_certificate_is_known_by_it() {
        server_rules.trust = authority.trust();
        server_rules.verify = Verify::require;
        client_rules.identities = {authority.identity({"x", "URI:sip:carrier.example"})};
        meet();
        is_open();
        CPPUNIT_ASSERT(server->peer_is("carrier.example") && !server->peer_is("gate.example"));
    }
    void a_client_of_another_authority_fails_even_where_none_is_required() {
        server_rules.trust = authority.trust();
        server_rules.verify = Verify::request;
        client_rules.identities = {stranger.identity({"x", "URI:sip:carrier.example"})};
        meet();
        CPPUNIT_ASSERT(server->end() == End::untrusted && !server->established());
    }
    void the_name_that_is_asked_for_chooses_the_certificate() {
        server_rules.identities.push_back(authority.identity({"x", "DNS:other.example"}));
        for (const std::string name : {"gate.example", "other.example"}) {
            meet(name);
            is_open();
            CPPUNIT_ASSERT(client->peer_is(name));
            CPPUNIT_ASSERT_EQUAL(name, server->server_name());
        }
        client_rules.verify = Verify::none;
        meet("third.example");
        is_open();
    }
    void an_old_version_is_refused() {
        const auto old = context(tls::Role::client, client_rules);
        SSL_CTX_set_min_proto_version(old->settings(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(old->settings(), TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(old->settings(), "ALL:@SECLEVEL=0");
        server.emplace(context(tls::Role::server, server_rules), std::string());
        client.emplace(old, "gate.example");
        client->start();
        exchange();
        CPPUNIT_ASSERT(server->end() == End::failed && !server->established());
    }
    void renegotiation_is_refused() {
        const auto rules = context(tls::Role::server, server_rules);
        CPPUNIT_ASSERT(SSL_CTX_get_options(rules->settings()) & SSL_OP_NO_RENEGOTIATION);
    }
    void noise_fails_and_says_so() {
        server.emplace(context(tls::Role::server, server_rules), std::string());
        CPPUNIT_ASSERT(!server->receive("OPTIONS sip:gate SIP/2.0\r\n\r\n", heard_by_server));
        CPPUNIT_ASSERT(server->end() == End::failed && !server->why().empty());
        CPPUNIT_ASSERT(!server->receive("more", heard_by_server));
        server.emplace(context(tls::Role::server, server_rules), std::string());
        CPPUNIT_ASSERT(server->receive("\x16\3\1", heard_by_server));
        CPPUNIT_ASSERT(!server->receive("\xff\xff", heard_by_server));   // longer than a record may be
    }
    void a_client_that_begins_and_waits_costs_its_bytes() {
        const auto rules = context(tls::Role::server, server_rules);
        client.emplace(context(tls::Role::client, client_rules), "gate.example");
        client->start();
        const auto hello = client->take_outgoing();
        constexpr std::size_t kSlow = 500, kRule = 16 * 1024;     // bytes each
        std::vector<std::unique_ptr<tls::Session>> slow;
        const auto before = mallinfo2().uordblks;
        for (std::size_t i = 0; i < kSlow; ++i) {
            slow.push_back(std::make_unique<tls::Session>(rules, std::string()));
            for (std::size_t at = 0; at + 1 < hello.size(); ++at)
                CPPUNIT_ASSERT(slow.back()->receive(hello.substr(at, 1), heard_by_server));
            CPPUNIT_ASSERT(slow.back()->has_partial() && slow.back()->take_outgoing().empty());
        }
        CPPUNIT_ASSERT((mallinfo2().uordblks - before) / kSlow < kRule / 4);
        CPPUNIT_ASSERT(!slow.front()->peer_is("x") && slow.front()->server_name().empty() && !slow.front()->send("x"));
        CPPUNIT_ASSERT(slow.front()->receive(hello.substr(hello.size() - 1), heard_by_server));
        CPPUNIT_ASSERT(!slow.front()->take_outgoing().empty());
    }
    void a_half_record_is_noticed() {
        meet();
        CPPUNIT_ASSERT(!server->has_partial());
        CPPUNIT_ASSERT(client->send("OPTIONS"));
        const std::string wire = client->take_outgoing();
        CPPUNIT_ASSERT(server->receive(wire.substr(0, 9), heard_by_server));
        CPPUNIT_ASSERT(server->has_partial());
        CPPUNIT_ASSERT(server->receive(wire.substr(9), heard_by_server));
        CPPUNIT_ASSERT(!server->has_partial());
        CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS"), heard_by_server);
    }
    void a_goodbye_is_no_failure() {
        meet();
        client->close();
        exchange();
        CPPUNIT_ASSERT(server->end() == End::closed);
    }
    void nothing_is_sent_before_the_handshake_is_over() {
        client.emplace(context(tls::Role::client, client_rules), "gate.example");
        CPPUNIT_ASSERT(!client->send("secret"));
        client->start();
        CPPUNIT_ASSERT(client->has_partial());
        CPPUNIT_ASSERT(client->take_outgoing().find("secret") == std::string::npos);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTest);

}  // namespace
