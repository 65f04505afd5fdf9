// The client against a daemon of a few lines: what it sends, what it makes of each answer.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>

#include "cli/control_client.hh"

namespace {

// Answers one question with `answer`, as it is.
class OneAnswer {
  public:
    explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
        std::string name = (std::filesystem::temp_directory_path() / "sallyport-cli-XXXXXX").string();
        CPPUNIT_ASSERT(mkdtemp(name.data()));
        directory_ = name;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path().c_str());
        listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
        CPPUNIT_ASSERT_EQUAL(0, bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
        CPPUNIT_ASSERT_EQUAL(0, listen(listener_, 1));
        thread_ = std::thread([this] { serve(); });
    }
    ~OneAnswer() {
        thread_.join();
        close(listener_);
        std::filesystem::remove_all(directory_);
    }
    std::string path() const { return (directory_ / "control.sock").string(); }
    const std::string& question() { return question_; }

  private:
    void serve() {
        const int connection = accept(listener_, nullptr, nullptr);
        char c = 0;
        while (read(connection, &c, 1) == 1 && c != '\n') question_ += c;
        if (write(connection, answer_.data(), answer_.size()) < 0) question_ += "(hung up)";
        close(connection);
    }

    std::string answer_, question_;
    std::filesystem::path directory_;
    int listener_ = -1;
    std::thread thread_;
};

class ControlClientTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ControlClientTest);
    CPPUNIT_TEST(a_question_is_one_line_of_json);
    CPPUNIT_TEST(an_error_of_the_daemon_is_told);
    CPPUNIT_TEST(an_answer_that_breaks_off_or_is_no_json_is_told);
    CPPUNIT_TEST(a_daemon_that_is_not_there_is_one_clear_line);
    CPPUNIT_TEST(commands_print_json_or_text_and_their_exit_codes);
    CPPUNIT_TEST_SUITE_END();

    static std::string failure(const std::string& answer) {
        OneAnswer daemon(answer);
        const auto result = cli::ask(daemon.path(), "calls", {});
        CPPUNIT_ASSERT(std::holds_alternative<cli::Failure>(result));
        return std::get<cli::Failure>(result).text;
    }

    void a_question_is_one_line_of_json() {
        std::string question;
        {
            OneAnswer daemon("{\"ok\":true,\"result\":[1]}\n");
            const auto result = cli::ask(daemon.path(), "call", {"a\"b"});
            CPPUNIT_ASSERT(std::holds_alternative<boost::json::value>(result));
            CPPUNIT_ASSERT_EQUAL(std::string("[1]"),
                                 boost::json::serialize(std::get<boost::json::value>(result)));
            question = daemon.question();
        }
        CPPUNIT_ASSERT_EQUAL(std::string("{\"command\":\"call\",\"arguments\":[\"a\\\"b\"]}"), question);
    }

    void an_error_of_the_daemon_is_told() {
        CPPUNIT_ASSERT_EQUAL(std::string("no such call: 7"),
                             failure("{\"ok\":false,\"error\":\"no such call: 7\"}\n"));
    }

    void an_answer_that_breaks_off_or_is_no_json_is_told() {
        CPPUNIT_ASSERT(failure("{\"ok\":tr").find("hung up") != std::string::npos);
        CPPUNIT_ASSERT(failure("hello\n").find("cannot be understood") != std::string::npos);
        CPPUNIT_ASSERT(failure("[]\n").find("cannot be understood") != std::string::npos);
    }

    void a_daemon_that_is_not_there_is_one_clear_line() {
        const auto result = cli::ask("/nowhere/control.sock", "calls", {});
        const std::string text = std::get<cli::Failure>(result).text;
        CPPUNIT_ASSERT(text.find("is sallyportd running?") != std::string::npos);
        CPPUNIT_ASSERT(text.find('\n') == std::string::npos);
        CPPUNIT_ASSERT(std::holds_alternative<cli::Failure>(cli::ask(std::string(200, 'x'), "calls", {})));
    }

    static std::string run(const cli::Command& command, const std::string& answer, bool json, int expected) {
        OneAnswer daemon(answer);
        cli::Arguments arguments;
        arguments.json = json;
        arguments.socket = daemon.path();
        arguments.words = {"c1"};
        std::ostringstream out, err;
        CPPUNIT_ASSERT_EQUAL(expected, command.run(arguments, {out, err}));
        CPPUNIT_ASSERT(expected == cli::kGood ? err.str().empty() : out.str().empty());
        return out.str() + err.str();
    }

    void commands_print_json_or_text_and_their_exit_codes() {
        const std::string one = "{\"ok\":true,\"result\":[{\"state\":\"early\",\"id\":\"c1\"}]}\n";
        CPPUNIT_ASSERT_EQUAL(std::string("[{\"state\":\"early\",\"id\":\"c1\"}]\n"),
                             run(cli::calls_command(), one, true, cli::kGood));
        CPPUNIT_ASSERT_EQUAL(std::string("ID  STATE\nc1  early\n"),
                             run(cli::calls_command(), one, false, cli::kGood));
        CPPUNIT_ASSERT_EQUAL(
            std::string("hung up c1\n"),
            run(cli::hangup_command(), "{\"ok\":true,\"result\":{\"call\":\"c1\"}}\n", false, cli::kGood));
        CPPUNIT_ASSERT_EQUAL(
            std::string("sallyport: no\n"),
            run(cli::hangup_command(), "{\"ok\":false,\"error\":\"no\"}\n", true, cli::kFailed));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ControlClientTest);

}  // namespace
