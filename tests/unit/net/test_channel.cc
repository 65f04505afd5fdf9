// A connection that is no plain one, over real sockets and under a clock that is moved by hand.
#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "net/connections.hh"
#include "net/open_listener.hh"
#include "net/socket_address.hh"

namespace {

using namespace std::chrono_literals;

class ChannelTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ChannelTest);
    CPPUNIT_TEST(messages_go_both_ways_over_a_web_socket);
    CPPUNIT_TEST(what_is_sent_at_once_waits_for_the_handshake);
    CPPUNIT_TEST(who_does_not_upgrade_is_gone_within_ten_seconds);
    CPPUNIT_TEST(a_refused_upgrade_fails_what_waited_for_it);
    CPPUNIT_TEST(what_should_be_secret_does_not_go_in_the_clear);
    CPPUNIT_TEST(messages_go_both_ways_over_tls_and_a_web_socket);
    CPPUNIT_TEST(an_alias_leads_to_the_peer_that_its_certificate_names);
    CPPUNIT_TEST(an_alias_leads_to_no_other_peer);
    CPPUNIT_TEST_SUITE_END();

    struct Node {
        std::vector<std::string> received;
        std::vector<base::Flow> closed, failed;
        std::vector<base::Reason> broken;
        net::ChannelRules rules;
        base::Flow last;
        std::unique_ptr<net::Connections> connections;

        Node(net::Loop& loop, std::uint8_t worker, base::Time& now) {
            net::Connections::Events events;
            events.received = [this](const base::Flow& flow, std::string_view bytes) {
                last = flow;
                received.emplace_back(bytes);
                return false;
            };
            events.closed = [this](const base::Flow& flow) { closed.push_back(flow); };
            events.failed = [this](const base::Flow& flow) { failed.push_back(flow); };
            events.rules = [this](const base::Flow&, bool) { return rules; };
            events.broken = [this](const base::Flow&, base::Reason reason, const std::string&) {
                broken.push_back(reason);
            };
            connections = std::make_unique<net::Connections>(loop, base::WorkerId{worker}, net::ConnectionLimits{},
                                                             std::move(events), [&now] { return now; });
        }
    };

    base::Time now{1h};
    net::Loop loop;
    Node server{loop, 1, now}, client{loop, 2, now};
    net::ListenerSpec door{base::ListenerId{7}, base::Transport::ws, *base::Endpoint::parse("127.0.0.1:0")};

 public:
    void setUp() override {
        server.rules.web.emplace();
        client.rules.web.emplace();
        client.rules.web->server = false;
        client.rules.web->host = "gate.example";
        auto socket = net::open_listener(door);
        net::SocketAddress address{};
        socklen_t length = sizeof address;
        CPPUNIT_ASSERT(!::getsockname(socket.number(), &address.any, &length));
        door.local = net::from_socket_address(address);
        server.connections->listen(door, std::move(socket));
    }

 private:
    static net::Connections::Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }
    base::Flow towards(base::Transport transport = base::Transport::ws) {
        return {base::ListenerId{1}, transport, {*base::Address::parse("127.0.0.1"), 0}, door.local, {}};
    }
    template <class Done>
    void turn_until(Done&& done) {
        for (int i = 0; i < 100 && !done(); ++i) loop.turn(10ms);
        CPPUNIT_ASSERT(done());
    }

    static std::string file(const std::string& name) {
        const char* top = std::getenv("srcdir");
        std::ifstream stream(std::string(top ? top : ".") + "/tests/policies/tls/" + name);
        std::ostringstream text;
        text << stream.rdbuf();
        return text.str();
    }
    // Both show the same certificate, which names edge.example, and believe it.
    void speak_tls() {
        tls::Identity::Fault fault;
        std::string why;
        tls::Rules rules{{tls::Identity::parse(file("edge.pem"), file("edge.key"), fault)},
                         tls::Trust::parse(file("edge.pem"), why), tls::Verify::require, false, {}};
        CPPUNIT_ASSERT_MESSAGE(fault.text, rules.identities.front());
        server.rules.tls = tls::Context::make(tls::Role::server, rules, why);
        client.rules.tls = tls::Context::make(tls::Role::client, rules, why);
        CPPUNIT_ASSERT_MESSAGE(why, server.rules.tls && client.rules.tls);
        client.rules.peer_name = "edge.example";
    }
    void messages_go_both_ways_over_tls_and_a_web_socket() {
        speak_tls();
        messages_go_both_ways_over_a_web_socket();
        CPPUNIT_ASSERT(server.broken.empty() && client.broken.empty());
    }
    // The client's connection is called an alias of a port where nobody listens.
    base::Flow aliased() {
        speak_tls();
        client.connections->send(towards(), bytes("OPTIONS"));
        turn_until([&] { return !server.received.empty(); });
        const base::Endpoint nobody{door.local.address, 9};
        server.connections->alias(server.last.connection, nobody);
        return {base::ListenerId{7}, base::Transport::ws, door.local, nobody, {}};
    }
    void an_alias_leads_to_the_peer_that_its_certificate_names() {
        const auto flow = aliased();
        server.rules.peer_name = "edge.example";
        server.connections->send(flow, bytes("INVITE"));
        turn_until([&] { return !client.received.empty(); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections->size());
    }
    void an_alias_leads_to_no_other_peer() {
        const auto flow = aliased();
        server.rules.peer_name = "bank.example";
        server.connections->send(flow, bytes("INVITE"));
        turn_until([&] { return !server.failed.empty(); });
        CPPUNIT_ASSERT(client.received.empty());
    }

    void messages_go_both_ways_over_a_web_socket() {
        client.connections->send(towards(), bytes("OPTIONS"));
        turn_until([&] { return !server.received.empty(); });
        server.connections->send(server.last, bytes("200"));
        turn_until([&] { return !client.received.empty(); });
        CPPUNIT_ASSERT_EQUAL(std::string("OPTIONS"), server.received[0]);
        CPPUNIT_ASSERT_EQUAL(std::string("200"), client.received[0]);
    }
    void what_is_sent_at_once_waits_for_the_handshake() {
        for (const char* text : {"one", "two", "three"}) client.connections->send(towards(), bytes(text));
        turn_until([&] { return server.received.size() == 3; });
        CPPUNIT_ASSERT(server.received == (std::vector<std::string>{"one", "two", "three"}));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections->size());
    }
    void who_does_not_upgrade_is_gone_within_ten_seconds() {
        client.rules = {};                                   // speaks plain SIP at a WebSocket door, and slowly
        client.connections->send(towards(), bytes("GET / HTTP/1.1\r\n"));
        turn_until([&] { return server.connections->size() == 1; });
        for (int second = 0; second < 9; ++second) {
            now += 1s;
            client.connections->send(towards(), bytes("X: y\r\n"));
            for (int i = 0; i < 3; ++i) loop.turn(1ms);
            server.connections->advance(now);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections->size());
        now += 1s;
        server.connections->advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server.connections->size());
        CPPUNIT_ASSERT(server.broken == std::vector{base::Reason::handshake_timeout});
    }
    void a_refused_upgrade_fails_what_waited_for_it() {
        server.rules.web->path = "/elsewhere";
        client.connections->send(towards(), bytes("OPTIONS"));
        turn_until([&] { return !client.failed.empty(); });
        CPPUNIT_ASSERT(client.failed[0] == towards());
        CPPUNIT_ASSERT(client.broken == std::vector{base::Reason::upgrade_refused});
        CPPUNIT_ASSERT(server.received.empty());
    }
    void what_should_be_secret_does_not_go_in_the_clear() {
        client.rules = {};
        client.connections->send(towards(base::Transport::tls), bytes("OPTIONS"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, client.failed.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, client.connections->size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChannelTest);

}  // namespace
