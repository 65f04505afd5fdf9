#include <cppunit/extensions/HelperMacros.h>

#include "net/connections.hh"
#include "net/open_listener.hh"
#include "net/socket_address.hh"

namespace {

using namespace std::chrono_literals;

// One worker's connections with everything that they told.
struct Node {
    Node(net::Loop& loop, std::uint8_t worker, const net::ConnectionLimits& limits, base::Time& now)
        : connections(loop, base::WorkerId{worker}, limits,
                      {[this](const base::Flow& flow, std::string_view bytes) {
                           last = flow;
                           received += bytes;
                           return incomplete;
                       },
                       [this](const base::Flow& flow) { closed.push_back(flow); },
                       [this](const base::Flow& flow) { failed.push_back(flow); }},
                      [&now] { return now; }) {}

    std::string received;
    bool incomplete = false;
    base::Flow last;
    std::vector<base::Flow> closed, failed;
    net::Connections connections;
};

class ConnectionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ConnectionsTest);
    CPPUNIT_TEST(bytes_come_in_with_a_flow_that_leads_back);
    CPPUNIT_TEST(a_connection_to_the_same_peer_is_used_again);
    CPPUNIT_TEST(a_connection_carries_its_workers_number);
    CPPUNIT_TEST(a_refused_connection_fails_the_flow_that_asked);
    CPPUNIT_TEST(a_peer_that_closes_is_told_once);
    CPPUNIT_TEST(a_flow_whose_connection_is_gone_fails);
    CPPUNIT_TEST(one_source_gets_no_more_than_its_share);
    CPPUNIT_TEST(half_a_message_is_kept_for_ten_seconds_only);
    CPPUNIT_TEST(who_says_nothing_at_all_is_closed_like_who_says_half);
    CPPUNIT_TEST(an_idle_connection_is_closed);
    CPPUNIT_TEST(what_is_queued_leaves_before_a_close);
    CPPUNIT_TEST(a_slow_reader_is_held_to_its_bound);
    CPPUNIT_TEST_SUITE_END();

    base::Time now{1h};
    net::Loop loop;
    net::ConnectionLimits limits;
    std::unique_ptr<Node> client, server;
    net::ListenerSpec door{base::ListenerId{7}, base::Transport::tcp, *base::Endpoint::parse("127.0.0.1:0")};

 public:
    void setUp() override {
        limits.per_source = 2;
        client = std::make_unique<Node>(loop, 1, net::ConnectionLimits{}, now);
        server = std::make_unique<Node>(loop, 2, limits, now);
        auto socket = net::open_listener(door);
        net::SocketAddress address{};
        socklen_t length = sizeof address;
        CPPUNIT_ASSERT(!::getsockname(socket.number(), &address.any, &length));
        door.local = net::from_socket_address(address);
        server->connections.listen(door, std::move(socket));
    }

 private:
    static net::Connections::Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }
    base::Flow towards(const base::Endpoint& remote, std::uint16_t local_port = 0) {
        return {base::ListenerId{1}, base::Transport::tcp, {*base::Address::parse("127.0.0.1"), local_port}, remote, {}};
    }
    template <class Done>
    void turn_until(Done&& done) {
        for (int i = 0; i < 100 && !done(); ++i) loop.turn(10ms);
        CPPUNIT_ASSERT(done());
    }
    void say(std::string text) {
        client->connections.send(towards(door.local), bytes(text));
        const auto size = server->received.size() + text.size();
        turn_until([&] { return server->received.size() >= size; });
    }

    void bytes_come_in_with_a_flow_that_leads_back() {
        say("ping");
        CPPUNIT_ASSERT(server->last.listener == door.id);
        CPPUNIT_ASSERT(server->last.local == door.local);
        server->connections.send(server->last, bytes("pong"));
        turn_until([&] { return client->received == "pong"; });
        CPPUNIT_ASSERT(client->last.remote == door.local);
    }

    void a_connection_to_the_same_peer_is_used_again() {
        say("one");
        say("two");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, client->connections.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->connections.size());
    }

    void a_connection_carries_its_workers_number() {
        say("x");
        CPPUNIT_ASSERT(net::Connections::owner_of(server->last.connection) == base::WorkerId{2});
        CPPUNIT_ASSERT(server->last.connection.value != 0);
    }

    void a_refused_connection_fails_the_flow_that_asked() {
        auto nobody = door.local;
        nobody.address = *base::Address::parse("127.0.0.2");   // the listener is bound to 127.0.0.1 alone
        client->connections.send(towards(nobody), bytes("x"));
        turn_until([&] { return !client->failed.empty(); });
        CPPUNIT_ASSERT(client->failed[0] == towards(nobody));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, client->connections.size());
    }

    void a_peer_that_closes_is_told_once() {
        say("x");
        const auto flow = server->last;
        client = nullptr;
        turn_until([&] { return !server->closed.empty(); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->closed.size());
        CPPUNIT_ASSERT(server->closed[0] == flow);
    }

    void a_flow_whose_connection_is_gone_fails() {
        say("x");
        const auto flow = server->last;
        client = nullptr;
        turn_until([&] { return !server->closed.empty(); });
        server->connections.send(flow, bytes("late"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->failed.size());
        CPPUNIT_ASSERT(server->failed[0] == flow);
    }

    void one_source_gets_no_more_than_its_share() {
        std::vector<std::unique_ptr<Node>> crowd;
        for (std::uint8_t i = 0; i < 5; ++i) {
            crowd.push_back(std::make_unique<Node>(loop, i, net::ConnectionLimits{}, now));
            crowd.back()->connections.send(towards(door.local), bytes("x"));
        }
        turn_until([&] { return server->connections.refused() == 3; });
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server->connections.size());
    }

    void half_a_message_is_kept_for_ten_seconds_only() {
        server->incomplete = true;
        say("INVITE sip:");
        for (int i = 0; i < 10; ++i) {
            now += 1s;
            server->connections.advance(now);
            say("x");                                          // a byte now and then does not help
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->connections.size());
        now += 1s;
        server->connections.advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->connections.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->closed.size());
    }

    void who_says_nothing_at_all_is_closed_like_who_says_half() {
        client->connections.send(towards(door.local), bytes(""));
        turn_until([&] { return server->connections.size() == 1; });
        now += 10s;
        server->connections.advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->connections.size());
        now += 1s;
        server->connections.advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->connections.size());
    }

    void an_idle_connection_is_closed() {
        say("x");
        now += 9min;
        server->connections.advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->connections.size());
        now += 2min;
        server->connections.advance(now);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->connections.size());
        CPPUNIT_ASSERT(server->connections.next_deadline() == base::kNever);
    }

    void what_is_queued_leaves_before_a_close() {
        say("x");
        server->connections.send(server->last, bytes("bye"));
        server->connections.close(server->last.connection);
        turn_until([&] { return client->received == "bye" && !client->closed.empty(); });
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->connections.size());
        CPPUNIT_ASSERT(server->closed.empty());
    }

    void a_slow_reader_is_held_to_its_bound() {
        say("x");
        const auto chunk = bytes(std::string(200 * 1024, 'x'));
        for (int i = 0; i < 200 && server->failed.empty(); ++i) server->connections.send(server->last, chunk);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->failed.size());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionsTest);

}  // namespace
