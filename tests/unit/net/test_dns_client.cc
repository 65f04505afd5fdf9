// The client against a name server of a few lines on loopback: it answers, it answers no, it is silent, it is gone.
#include <cppunit/extensions/HelperMacros.h>

#include <sys/socket.h>

#include <fstream>
#include <iterator>

#include "net/descriptor.hh"
#include "net/dns_client.hh"
#include "net/socket_address.hh"
#include "tests/unit/net/dns_message.hh"

namespace net::test {
namespace {

using namespace std::chrono_literals;
using Outcome = base::DnsAnswer::Outcome;

class Server {
 public:
    explicit Server(Loop& loop) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
        SocketAddress address{};
        to_socket_address({*base::Address::parse("127.0.0.1"), 0}, address);
        CPPUNIT_ASSERT(!::bind(socket_.number(), &address.any, sizeof address.v4));
        socklen_t length = sizeof address;
        CPPUNIT_ASSERT(!::getsockname(socket_.number(), &address.any, &length));
        at_ = from_socket_address(address);
        watch_ = std::make_unique<Watch>(loop, socket_.number(), [this] { read(); });
    }
    base::Endpoint at() const { return at_; }

    int code = 0;
    bool silent = false;
    int asked = 0;

 private:
    void read() {
        unsigned char bytes[512];
        SocketAddress from{};
        socklen_t length = sizeof from;
        const auto count = ::recvfrom(socket_.number(), bytes, sizeof bytes, MSG_DONTWAIT, &from.any, &length);
        if (count < 12) return;
        ++asked;
        if (silent) return;
        const auto id = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
        DnsMessage message("x.example", 1, code, id);
        if (!code) message.answer("x.example", 1, 42, std::string_view("\xc0\x00\x02\x01", 4));
        const auto answer = message.bytes();
        ::sendto(socket_.number(), answer.data(), answer.size(), 0, &from.any, length);
    }

    Descriptor socket_;
    base::Endpoint at_;
    std::unique_ptr<Watch> watch_;
};

std::optional<base::DnsAnswer> ask(Loop& loop, DnsClient& client) {
    std::optional<base::DnsAnswer> got;
    client.ask({"x.example", base::DnsType::a}, [&](base::DnsAnswer answer) { got = std::move(answer); });
    for (int turn = 0; turn < 200 && !got; ++turn) {
        loop.turn(20ms);
        client.advance();
    }
    return got;
}

}  // namespace

class TestDnsClient : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestDnsClient);
    CPPUNIT_TEST(an_answer_comes_with_its_lifetime);
    CPPUNIT_TEST(there_is_no_such_name);
    CPPUNIT_TEST(a_silent_server_is_a_failure_after_all_tries);
    CPPUNIT_TEST(a_server_that_is_gone_is_a_failure);
    CPPUNIT_TEST(the_hosts_file_comes_first);
    CPPUNIT_TEST(nobody_is_called_once_the_client_is_gone);
    CPPUNIT_TEST_SUITE_END();

    static DnsSettings settings(const base::Endpoint& server) { return {{server}, 100ms, 2}; }

    void an_answer_comes_with_its_lifetime() {
        Loop loop;
        Server server(loop);
        DnsClient client(loop, settings(server.at()));
        const auto answer = ask(loop, client);
        CPPUNIT_ASSERT(answer && answer->outcome == Outcome::found);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), answer->addresses.at(0).to_string());
        CPPUNIT_ASSERT(answer->ttl == 42s);
        CPPUNIT_ASSERT_EQUAL(1, server.asked);
    }

    void there_is_no_such_name() {
        Loop loop;
        Server server(loop);
        server.code = 3;
        DnsClient client(loop, settings(server.at()));
        const auto answer = ask(loop, client);
        CPPUNIT_ASSERT(answer && answer->outcome == Outcome::nothing);
    }

    void a_silent_server_is_a_failure_after_all_tries() {
        Loop loop;
        Server server(loop);
        server.silent = true;
        DnsClient client(loop, settings(server.at()));
        const auto answer = ask(loop, client);
        CPPUNIT_ASSERT(answer && answer->outcome == Outcome::failed);
        CPPUNIT_ASSERT_EQUAL(2, server.asked);
    }

    void a_server_that_is_gone_is_a_failure() {
        Loop loop;
        base::Endpoint gone;
        {
            Server server(loop);
            gone = server.at();
        }
        DnsClient client(loop, settings(gone));
        const auto answer = ask(loop, client);
        CPPUNIT_ASSERT(answer && answer->outcome == Outcome::failed);
    }

    void the_hosts_file_comes_first() {
        Loop loop;
        Server server(loop);
        DnsClient client(loop, settings(server.at()));
        std::optional<base::DnsAnswer> got;
        client.ask({"localhost", base::DnsType::a}, [&](base::DnsAnswer answer) { got = std::move(answer); });
        std::ifstream file("/etc/hosts");                  // a bare host may have none: then the servers are asked
        const std::string hosts((std::istreambuf_iterator<char>(file)), {});
        if (hosts.find("localhost") == std::string::npos) return CPPUNIT_ASSERT(!got);
        CPPUNIT_ASSERT(got && got->outcome == Outcome::found && got->addresses.at(0).is_loopback());
        CPPUNIT_ASSERT_EQUAL(0, server.asked);
    }

    void nobody_is_called_once_the_client_is_gone() {
        Loop loop;
        Server server(loop);
        bool called = false;
        {
            DnsClient client(loop, settings(server.at()));
            client.ask({"x.example", base::DnsType::a}, [&](base::DnsAnswer) { called = true; });
        }
        for (int turn = 0; turn < 5; ++turn) loop.turn(10ms);
        CPPUNIT_ASSERT(!called);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestDnsClient);

}  // namespace net::test
