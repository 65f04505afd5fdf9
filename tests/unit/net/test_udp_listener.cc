#include <cppunit/extensions/HelperMacros.h>

#include <system_error>

#include "net/open_listener.hh"
#include "net/socket_address.hh"
#include "net/udp_listener.hh"

namespace {

// The endpoint that the kernel gave a socket which was bound to port 0.
base::Endpoint bound_to(const net::Descriptor& socket) {
    net::SocketAddress address{};
    socklen_t length = sizeof address;
    CPPUNIT_ASSERT(!::getsockname(socket.number(), &address.any, &length));
    return net::from_socket_address(address);
}

net::ListenerSpec loopback(std::string_view text = "127.0.0.1:0") {
    return {base::ListenerId{3}, base::Transport::udp, *base::Endpoint::parse(text)};
}

class UdpListenerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(UdpListenerTest);
    CPPUNIT_TEST(a_datagram_arrives_with_its_source_and_listener);
    CPPUNIT_TEST(an_ipv6_datagram_arrives);
    CPPUNIT_TEST(all_that_a_turn_queued_leaves_in_order);
    CPPUNIT_TEST(a_datagram_beyond_the_limit_is_seen_to_be_too_large);
    CPPUNIT_TEST(a_destination_that_the_kernel_refuses_is_reported_and_the_rest_leaves);
    CPPUNIT_TEST(what_nobody_takes_comes_back_and_the_rest_leaves);
    CPPUNIT_TEST(a_port_that_another_holds_is_not_free);
    CPPUNIT_TEST_SUITE_END();

    struct Got {
        std::string bytes;
        base::Endpoint from;
        base::ListenerId listener;
    };

    net::Loop loop;
    net::DatagramBatch batch{1000};
    std::vector<Got> got, came_back;

    std::unique_ptr<net::UdpListener> listener(const net::ListenerSpec& spec) {
        auto socket = net::open_listener(spec);
        auto bound = spec;
        bound.local = bound_to(socket);
        return std::make_unique<net::UdpListener>(
            loop, bound, std::move(socket), batch,
            net::UdpListener::Events{[this](net::UdpListener& at, std::string_view bytes, const base::Endpoint& from) {
                                         got.push_back({std::string(bytes), from, at.spec().id});
                                     },
                                     [this](net::UdpListener& at, std::string_view beginning, const base::Endpoint& to) {
                                         came_back.push_back({std::string(beginning), to, at.spec().id});
                                     }});
    }

    void turn_until(std::size_t count) {
        for (int i = 0; i < 50 && got.size() < count; ++i) loop.turn(std::chrono::milliseconds(20));
        CPPUNIT_ASSERT_EQUAL(count, got.size());
    }

    static net::UdpListener::Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }
    static void nothing_fails(net::UdpListener&, const base::Endpoint&) { CPPUNIT_FAIL("a send failed"); }

    void exchange(std::string_view address) {
        const auto a = listener(loopback(address)), b = listener(loopback(address));
        a->send(b->spec().local, bytes("hello"));
        CPPUNIT_ASSERT(a->flush(nothing_fails));
        turn_until(1);
        CPPUNIT_ASSERT_EQUAL(std::string("hello"), got[0].bytes);
        CPPUNIT_ASSERT(got[0].from == a->spec().local);
        CPPUNIT_ASSERT(got[0].listener == base::ListenerId{3});
    }

    void a_datagram_arrives_with_its_source_and_listener() { exchange("127.0.0.1:0"); }
    void an_ipv6_datagram_arrives() { exchange("[::1]:0"); }

    void all_that_a_turn_queued_leaves_in_order() {
        const auto a = listener(loopback()), b = listener(loopback());
        for (int i = 0; i < 150; ++i) a->send(b->spec().local, bytes(std::to_string(i)));
        CPPUNIT_ASSERT(a->flush(nothing_fails));
        turn_until(150);
        for (int i = 0; i < 150; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), got[static_cast<std::size_t>(i)].bytes);
    }

    void a_datagram_beyond_the_limit_is_seen_to_be_too_large() {
        const auto a = listener(loopback()), b = listener(loopback());
        a->send(b->spec().local, bytes(std::string(5000, 'x')));
        a->flush(nothing_fails);
        turn_until(1);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1001}, got[0].bytes.size());
    }

    void a_destination_that_the_kernel_refuses_is_reported_and_the_rest_leaves() {
        const auto a = listener(loopback()), b = listener(loopback());
        const auto broadcast = *base::Endpoint::parse("255.255.255.255:5060");  // EACCES without SO_BROADCAST
        a->send(b->spec().local, bytes("1"));
        a->send(broadcast, bytes("2"));
        a->send(b->spec().local, bytes("3"));
        std::vector<base::Endpoint> failed;
        CPPUNIT_ASSERT(a->flush([&](net::UdpListener&, const base::Endpoint& to) { failed.push_back(to); }));
        turn_until(2);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
        CPPUNIT_ASSERT(failed[0] == broadcast);
        CPPUNIT_ASSERT_EQUAL(std::string("3"), got[1].bytes);
    }

    void comes_back(std::string_view address) {
        came_back.clear();
        got.clear();
        const auto a = listener(loopback(address)), b = listener(loopback(address));
        const auto nobody = listener(loopback(address))->spec().local;      // closed again
        const std::string text = "INVITE " + std::string(900, 'x');
        for (int i = 0; i < 5; ++i) {
            a->send(nobody, bytes(text));
            a->send(b->spec().local, bytes(std::to_string(i)));
        }
        CPPUNIT_ASSERT(a->flush(nothing_fails));
        turn_until(5);
        for (int i = 0; i < 50 && came_back.size() < 5; ++i) loop.turn(std::chrono::milliseconds(20));
        CPPUNIT_ASSERT_EQUAL(std::size_t{5}, came_back.size());
        for (const auto& each : came_back) {
            CPPUNIT_ASSERT(each.from == nobody && each.bytes.size() > 100 && text.starts_with(each.bytes));
            CPPUNIT_ASSERT(each.listener == base::ListenerId{3});
        }
    }

    void what_nobody_takes_comes_back_and_the_rest_leaves() {
        comes_back("127.0.0.1:0");
        comes_back("[::1]:0");
    }

    void a_port_that_another_holds_is_not_free() {
        const auto a = listener(loopback());
        auto spec = loopback();
        spec.local = a->spec().local;
        CPPUNIT_ASSERT_THROW(net::prove_free(spec), std::system_error);
        const auto shared = net::open_listener(spec);   // another worker of the same daemon
        CPPUNIT_ASSERT(shared);
        spec.local.port = 0;
        net::prove_free(spec);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UdpListenerTest);

}  // namespace
