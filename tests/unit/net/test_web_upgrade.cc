// RFC 6455, 4, and RFC 7118, 4.1.
#include <cppunit/extensions/HelperMacros.h>

#include "net/web_upgrade.hh"

namespace {

using State = net::WebUpgrade::State;

const std::string kGood =
    "GET /ws HTTP/1.1\r\nHost: gate.example\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, sip\r\n"
    "Origin: https://phone.example\r\n\r\n";

std::string with(std::string text, const std::string& what, const std::string& instead) {
    const auto at = text.find(what);
    CPPUNIT_ASSERT(at != std::string::npos);
    return text.replace(at, what.size(), instead);
}

class WebUpgradeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WebUpgradeTest);
    CPPUNIT_TEST(the_key_of_the_rfc_gets_the_answer_of_the_rfc);
    CPPUNIT_TEST(a_good_request_is_accepted_with_its_subprotocol);
    CPPUNIT_TEST(a_request_may_come_byte_by_byte);
    CPPUNIT_TEST(what_follows_the_request_is_kept);
    CPPUNIT_TEST(what_is_wrong_gets_its_status);
    CPPUNIT_TEST(only_listed_origins_are_welcome);
    CPPUNIT_TEST(only_the_path_of_the_policy_is_there);
    CPPUNIT_TEST(a_head_that_does_not_end_is_refused);
    CPPUNIT_TEST(client_and_server_agree);
    CPPUNIT_TEST(a_client_believes_no_other_answer);
    CPPUNIT_TEST_SUITE_END();

    static std::string answer(const std::string& request, const net::WebRules& rules = {}) {
        net::WebUpgrade upgrade(rules);
        (void)upgrade.receive(request);
        const std::string text = upgrade.take_outgoing();
        return text.substr(0, text.find("\r\n"));
    }

    void the_key_of_the_rfc_gets_the_answer_of_the_rfc() {
        CPPUNIT_ASSERT_EQUAL(std::string("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                             net::WebUpgrade::accept_of("dGhlIHNhbXBsZSBub25jZQ=="));
    }
    void a_good_request_is_accepted_with_its_subprotocol() {
        net::WebUpgrade upgrade({});
        CPPUNIT_ASSERT(upgrade.receive(kGood) == State::open);
        const std::string text = upgrade.take_outgoing();
        CPPUNIT_ASSERT(text.starts_with("HTTP/1.1 101 "));
        CPPUNIT_ASSERT(text.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
        CPPUNIT_ASSERT(text.find("Sec-WebSocket-Protocol: sip\r\n") != std::string::npos);
    }
    void a_request_may_come_byte_by_byte() {
        net::WebUpgrade upgrade({});
        for (std::size_t i = 0; i + 1 < kGood.size(); ++i)
            CPPUNIT_ASSERT(upgrade.receive(kGood.substr(i, 1)) == State::asking);
        CPPUNIT_ASSERT(upgrade.receive("\n") == State::open);
    }
    void what_follows_the_request_is_kept() {
        net::WebUpgrade upgrade({});
        CPPUNIT_ASSERT(upgrade.receive(kGood + "frames") == State::open);
        CPPUNIT_ASSERT_EQUAL(std::string("frames"), upgrade.take_rest());
    }
    void what_is_wrong_gets_its_status() {
        const std::vector<std::tuple<std::string, std::string, std::string>> cases{
            {"chat, sip", "chat", "400"},          {"Sec-WebSocket-Protocol: chat, sip\r\n", "", "400"},
            {"dGhlIHNhbXBsZSBub25jZQ==", "short", "400"}, {"Version: 13", "Version: 8", "426"},
            {"Upgrade: WebSocket\r\n", "", "426"}, {"keep-alive, Upgrade", "keep-alive", "426"},
            {"HTTP/1.1", "HTTP/1.0", "426"},       {"Host: gate.example\r\n", "", "426"},
            {"GET", "POST", "405"},                {"GET /ws HTTP/1.1", "OPTIONS sip:x SIP/2.0", "400"},
            {"Upgrade: WebSocket", "Upgrade WebSocket", "400"}};
        for (const auto& [what, instead, status] : cases)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(what, "HTTP/1.1 " + status, answer(with(kGood, what, instead)).substr(0, 12));
    }
    void only_listed_origins_are_welcome() {
        net::WebRules rules;
        rules.origins = {"https://phone.example"};
        CPPUNIT_ASSERT(answer(kGood, rules).starts_with("HTTP/1.1 101"));
        CPPUNIT_ASSERT(answer(with(kGood, "https://phone", "https://evil"), rules).starts_with("HTTP/1.1 403"));
        CPPUNIT_ASSERT(answer(with(kGood, "Origin: https://phone.example\r\n", ""), rules).starts_with("HTTP/1.1 101"));
    }
    void only_the_path_of_the_policy_is_there() {
        net::WebRules rules;
        rules.path = "/ws";
        CPPUNIT_ASSERT(answer(kGood, rules).starts_with("HTTP/1.1 101"));
        CPPUNIT_ASSERT(answer(with(kGood, "/ws", "/ws?token=1"), rules).starts_with("HTTP/1.1 101"));
        CPPUNIT_ASSERT(answer(with(kGood, "/ws", "/wss"), rules).starts_with("HTTP/1.1 404"));
    }
    void a_head_that_does_not_end_is_refused() {
        net::WebUpgrade upgrade({});
        State state = State::asking;
        std::size_t sent = 0;
        for (; state == State::asking && sent < 100'000; sent += 100)
            state = upgrade.receive(sent ? "X-A: " + std::string(93, 'a') + "\r\n" : "GET / HTTP/1.1\r\n");
        CPPUNIT_ASSERT(state == State::refused && sent < 9000);
        CPPUNIT_ASSERT(upgrade.take_outgoing().starts_with("HTTP/1.1 431"));
    }
    void client_and_server_agree() {
        net::WebRules rules;
        rules.server = false;
        rules.path = "/ws";
        rules.host = "gate.example";
        net::WebUpgrade client(rules), server({});
        client.start();
        CPPUNIT_ASSERT(server.receive(client.take_outgoing()) == State::open);
        CPPUNIT_ASSERT(client.receive(server.take_outgoing() + "frames") == State::open);
        CPPUNIT_ASSERT_EQUAL(std::string("frames"), client.take_rest());
    }
    void a_client_believes_no_other_answer() {
        net::WebRules rules;
        rules.server = false;
        const std::string accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        for (const std::string& text :
             {accepted + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
              accepted + "\r\n", std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), std::string("SIP/2.0 200 OK\r\n\r\n")}) {
            net::WebUpgrade client(rules);
            client.start();
            CPPUNIT_ASSERT(client.receive(text) == State::refused);
            CPPUNIT_ASSERT(!client.why().empty());
        }
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebUpgradeTest);

}  // namespace
