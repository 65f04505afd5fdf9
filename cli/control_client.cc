// A plain blocking socket with a deadline. All that can go wrong becomes one line that says what to do.
#include "cli/control_client.hh"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "policy/loader.hh"

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::size_t kLongestAnswer = std::size_t{256} << 20;

class Socket {
  public:
    Socket() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

    // False when the deadline passes first.
    bool wait(short events, Clock::time_point deadline) const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd entry{fd_, events, 0};
        return left > 0 && poll(&entry, 1, static_cast<int>(left)) > 0;
    }

  private:
    int fd_;
};

std::string connection_problem(const std::string& path, int error) {
    const std::string text = "cannot reach the daemon at " + path + ": " + std::strerror(error);
    if (error == ENOENT || error == ECONNREFUSED)
        return text + "; is sallyportd running? (systemctl status sallyportd, or give --socket)";
    if (error == EACCES) return text + "; run this as root or as a member of the group that owns the socket";
    return text;
}

// None when all of it went out.
std::optional<Failure> send_all(const Socket& socket, const std::string& line, Clock::time_point deadline) {
    for (std::size_t sent = 0; sent < line.size();) {
        if (!socket.wait(POLLOUT, deadline))
            return Failure{"the daemon did not take the question within 5 seconds"};
        const ssize_t count =
            send(socket.fd(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0)
            sent += static_cast<std::size_t>(count);
        else if (errno != EAGAIN && errno != EINTR)
            return Failure{std::string("the daemon hung up: ") + std::strerror(errno)};
    }
    return std::nullopt;
}

std::variant<std::string, Failure> receive_line(const Socket& socket, Clock::time_point deadline) {
    std::string line;
    char block[65536];
    while (line.size() < kLongestAnswer) {
        if (!socket.wait(POLLIN, deadline)) return Failure{"the daemon did not answer within 5 seconds"};
        const ssize_t count = recv(socket.fd(), block, sizeof block, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (count < 0) return Failure{std::string("the daemon hung up: ") + std::strerror(errno)};
        if (count == 0) return Failure{"the daemon hung up in the middle of its answer"};
        const std::string_view part(block, static_cast<std::size_t>(count));
        const auto end = part.find('\n');
        line += part.substr(0, end);
        if (end != std::string_view::npos) return line;
    }
    return Failure{"the daemon's answer is too long"};
}

std::variant<boost::json::value, Failure> unwrap(const std::string& line) {
    boost::system::error_code error;
    boost::json::value answer = boost::json::parse(line, error);
    const auto* object = answer.if_object();
    const auto* good = !error && object ? object->if_contains("ok") : nullptr;
    if (!good || !good->is_bool())
        return Failure{"the daemon's answer cannot be understood; is it of the same version?"};
    if (good->get_bool()) {
        const auto* result = object->if_contains("result");
        return result ? *result : boost::json::value(nullptr);
    }
    const auto* text = object->if_contains("error");
    return Failure{text && text->is_string() ? std::string(text->get_string())
                                             : "the daemon refused, and did not say why"};
}

}  // namespace

std::variant<boost::json::value, Failure> ask(const std::string& path, const std::string& command,
                                              const std::vector<std::string>& words) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return Failure{"the socket's path is too long: " + path};
    std::memcpy(address.sun_path, path.data(), path.size());
    const Socket socket;
    if (socket.fd() < 0) return Failure{std::string("no socket: ") + std::strerror(errno)};
    if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return Failure{connection_problem(path, errno)};
    const auto deadline = Clock::now() + kPatience;
    const boost::json::object question{{"command", command},
                                       {"arguments", boost::json::array(words.begin(), words.end())}};
    if (auto failure = send_all(socket, boost::json::serialize(question) + '\n', deadline)) return *failure;
    auto line = receive_line(socket, deadline);
    if (const auto* failure = std::get_if<Failure>(&line)) return *failure;
    return unwrap(std::get<std::string>(line));
}

std::variant<std::string, Failure> socket_of(const Arguments& arguments) {
    if (!arguments.socket.empty()) return arguments.socket;
    if (arguments.config.empty()) return policy::Node{}.control;
    const auto loaded = policy::load(arguments.config, {.check_local_addresses = false});
    if (loaded.snapshot) return loaded.snapshot->node.control;
    std::string text = "the policy has errors:";
    for (const auto& complaint : loaded.complaints)
        if (complaint.is_error) text += '\n' + complaint.to_string();
    return Failure{text};
}

}  // namespace cli
