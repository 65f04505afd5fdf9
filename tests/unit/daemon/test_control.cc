#include <cppunit/extensions/HelperMacros.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <system_error>

#include "daemon/control.hh"
#include "daemon/control_protocol.hh"
#include "daemon/request.hh"

namespace {

using namespace sallyportd;
using namespace std::chrono_literals;

class ControlTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ControlTest);
    CPPUNIT_TEST(a_line_is_answered_by_a_line);
    CPPUNIT_TEST(an_answer_may_come_later);
    CPPUNIT_TEST(lines_are_answered_one_after_the_other);
    CPPUNIT_TEST(a_client_that_has_said_all_still_gets_its_answer);
    CPPUNIT_TEST(a_large_answer_arrives_whole);
    CPPUNIT_TEST(a_line_without_end_closes_the_connection);
    CPPUNIT_TEST(clients_beyond_the_bound_are_told_so);
    CPPUNIT_TEST(a_silent_client_is_closed);
    CPPUNIT_TEST(a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not);
    CPPUNIT_TEST(the_socket_is_for_its_group_only);
    CPPUNIT_TEST(a_request_names_a_command_and_its_arguments);
    CPPUNIT_TEST(a_broken_request_is_told_what_is_wrong);
    CPPUNIT_TEST_SUITE_END();

    std::string path = "/tmp/sallyport-test-control." + std::to_string(::getpid());
    net::Loop loop;
    std::vector<ControlServer::Answer> waiting;
    std::function<void(std::string_view, ControlServer::Answer)> behaviour =
        [](std::string_view line, const ControlServer::Answer& answer) { answer("<" + std::string(line) + ">"); };
    std::unique_ptr<ControlServer> server;

 public:
    void setUp() override {
        server = std::make_unique<ControlServer>(
            loop, open_control(path, ::getegid()),
            [this](std::string_view line, ControlServer::Answer answer) { behaviour(line, std::move(answer)); });
    }
    void tearDown() override {
        server.reset();
        ::unlink(path.c_str());
    }

 private:
    net::Descriptor connect() const {
        net::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        CPPUNIT_ASSERT(!::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address));
        return socket;
    }
    static void say(const net::Descriptor& socket, std::string_view text) {
        CPPUNIT_ASSERT(::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size()));
    }
    // What comes until `lines` line ends or the end of the connection.
    std::string hear(const net::Descriptor& socket, int lines = 1) {
        std::string text;
        for (int i = 0; i < 2000 && lines > 0; ++i) {
            loop.turn(2ms);
            char buffer[65536];
            const ssize_t count = ::recv(socket.number(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (count == 0) return text + "(end)";
            for (ssize_t k = 0; k < count; ++k) lines -= buffer[k] == '\n';
            if (count > 0) text.append(buffer, std::size_t(count));
        }
        return text;
    }

    void a_line_is_answered_by_a_line() {
        const auto client = connect();
        say(client, "hello\n");
        CPPUNIT_ASSERT_EQUAL(std::string("<hello>\n"), hear(client));
    }

    void an_answer_may_come_later() {
        behaviour = [this](std::string_view, ControlServer::Answer answer) { waiting.push_back(std::move(answer)); };
        const auto client = connect();
        say(client, "x\n");
        while (waiting.empty()) loop.turn(2ms);
        waiting[0]("done");
        CPPUNIT_ASSERT_EQUAL(std::string("done\n"), hear(client));
    }

    void lines_are_answered_one_after_the_other() {
        const auto client = connect();
        say(client, "1\n2\n3\n");
        CPPUNIT_ASSERT_EQUAL(std::string("<1>\n<2>\n<3>\n"), hear(client, 3));
    }

    void a_client_that_has_said_all_still_gets_its_answer() {
        behaviour = [this](std::string_view, ControlServer::Answer answer) { waiting.push_back(std::move(answer)); };
        const auto client = connect();
        say(client, "x\n");
        ::shutdown(client.number(), SHUT_WR);
        while (waiting.empty()) loop.turn(2ms);
        for (int i = 0; i < 5; ++i) loop.turn(2ms);
        waiting[0]("done");
        CPPUNIT_ASSERT_EQUAL(std::string("done\n(end)"), hear(client, 2));
    }

    void a_large_answer_arrives_whole() {
        behaviour = [](std::string_view, const ControlServer::Answer& answer) { answer(std::string(5000000, 'x')); };
        const auto client = connect();
        say(client, "x\n");
        CPPUNIT_ASSERT_EQUAL(std::size_t{5000001}, hear(client).size());
    }

    void a_line_without_end_closes_the_connection() {
        const auto client = connect();
        for (int i = 0; i < 20; ++i) {
            const std::string text(4000, 'x');
            (void)!::send(client.number(), text.data(), text.size(), MSG_NOSIGNAL);
            loop.turn(2ms);
        }
        for (int i = 0; i < 50 && server->clients(); ++i) loop.turn(2ms);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->clients());
    }

    void clients_beyond_the_bound_are_told_so() {
        std::vector<net::Descriptor> crowd;
        for (std::size_t i = 0; i < ControlServer::kMostClients; ++i) {
            crowd.push_back(connect());
            loop.turn(2ms);
        }
        const auto late = connect();
        CPPUNIT_ASSERT(hear(late).find("too many control clients") != std::string::npos);
        crowd.clear();
        for (int i = 0; i < 50 && server->clients(); ++i) loop.turn(2ms);
        const auto next = connect();
        say(next, "x\n");
        CPPUNIT_ASSERT_EQUAL(std::string("<x>\n"), hear(next));
    }

    void a_silent_client_is_closed() {
        server->advance(base::Time(1h));
        const auto client = connect();
        for (int i = 0; i < 50 && !server->clients(); ++i) loop.turn(2ms);
        server->advance(base::Time(1h + 29s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->clients());
        server->advance(base::Time(1h + 31s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, server->clients());
    }

    void a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not() {
        CPPUNIT_ASSERT_THROW(open_control(path, ::getegid()), std::system_error);
        server.reset();   // its file stays
        CPPUNIT_ASSERT(open_control(path, ::getegid()));
    }

    void the_socket_is_for_its_group_only() {
        struct stat status {};
        CPPUNIT_ASSERT(!::stat(path.c_str(), &status));
        CPPUNIT_ASSERT_EQUAL(0660u, status.st_mode & 0777u);
    }

    void a_request_names_a_command_and_its_arguments() {
        const auto parsed = parse_request(R"({"command":"hangup","arguments":["c1"]})");
        const auto& request = std::get<Request>(parsed);
        CPPUNIT_ASSERT_EQUAL(std::string("hangup"), request.command);
        CPPUNIT_ASSERT_EQUAL(std::string("c1"), request.arguments.at(0));
        CPPUNIT_ASSERT(std::get<Request>(parse_request(R"({"command":"calls"})")).arguments.empty());
    }

    void a_broken_request_is_told_what_is_wrong() {
        for (const auto* line : {"", "calls", "[]", "{}", R"({"command":1})", R"({"command":"c","arguments":{}})",
                                 R"({"command":"c","arguments":[1]})", "{\"command\":\"c\"} x"})
            CPPUNIT_ASSERT_MESSAGE(line, std::holds_alternative<std::string>(parse_request(line)));
        const std::string deep(60000, '[');
        CPPUNIT_ASSERT(std::holds_alternative<std::string>(parse_request(deep)));
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"ok":false,"error":"a \"b\""})"), failure("a \"b\""));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlTest);

}  // namespace
