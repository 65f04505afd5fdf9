#include "daemon/control.hh"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "daemon/control_protocol.hh"

namespace sallyportd {
namespace {

constexpr base::Duration kPatience{std::chrono::seconds(30)};

[[noreturn]] void fail(const std::string& path, int error = errno) {
    throw std::system_error(error, std::generic_category(), "control socket " + path);
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) fail(path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

}  // namespace

bool is_control_alive(const std::string& path) {
    const sockaddr_un address = address_of(path);
    const net::Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return probe && !::connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

net::Descriptor open_control(const std::string& path, unsigned group) {
    const sockaddr_un address = address_of(path);
    if (is_control_alive(path)) fail(path, EADDRINUSE);
    (void)::unlink(path.c_str());
    net::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) fail(path);
    const mode_t before = ::umask(0117);   // never a moment in which others may connect
    const int bound = ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    ::umask(before);
    if (bound) fail(path, error);
    if (::chown(path.c_str(), static_cast<uid_t>(-1), group) && errno != EPERM) fail(path);
    if (::listen(socket.number(), ControlServer::kMostClients)) fail(path);
    return socket;
}

struct ControlServer::Client {
    net::Descriptor socket;
    std::string request, answer;
    std::size_t written = 0;
    bool busy = false;                    // a command is under way
    bool last_request = false, gone = false;
    base::Time last_used;
    std::unique_ptr<net::Watch> watch;    // destroyed before the socket
};

ControlServer::ControlServer(net::Loop& loop, net::Descriptor listening, Execute execute)
    : loop_(&loop), listening_(std::move(listening)), execute_(std::move(execute)),
      watch_(loop, listening_.number(), [this] { accept(); }) {}

ControlServer::~ControlServer() {
    for (const auto& client : clients_) client->watch.reset();
}

void ControlServer::accept() {
    net::Descriptor socket(::accept4(listening_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (clients_.size() >= kMostClients) {
        constexpr std::string_view kFull = "{\"ok\":false,\"error\":\"too many control clients: try again\"}\n";
        (void)!::send(socket.number(), kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    auto client = std::make_shared<Client>();
    client->socket = std::move(socket);
    client->last_used = now_;
    client->watch = std::make_unique<net::Watch>(*loop_, client->socket.number(),
                                                 [this, weak = std::weak_ptr(client)] {
                                                     if (const auto alive = weak.lock()) readable(alive);
                                                 });
    clients_.push_back(std::move(client));
}

void ControlServer::readable(const std::shared_ptr<Client>& client) {
    char buffer[4096];
    const ssize_t count = ::recv(client->socket.number(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count == 0 && client->busy) {
        // It has said all and waits for its answer.
        client->last_request = true;
        client->watch->stop_reading();
        return;
    }
    if (count <= 0 || client->request.size() + static_cast<std::size_t>(count) > kLongestRequest) {
        drop(client);
        return;
    }
    client->last_used = now_;
    client->request.append(buffer, static_cast<std::size_t>(count));
    next_request(client);
}

void ControlServer::next_request(const std::shared_ptr<Client>& client) {
    const auto end = client->request.find('\n');
    if (client->busy || end == std::string::npos) return;
    client->busy = true;
    const std::string line = client->request.substr(0, end);
    client->request.erase(0, end + 1);
    execute_(line, [this, weak = std::weak_ptr(client)](std::string answer) {
        const auto alive = weak.lock();
        if (!alive || alive->gone) return;
        alive->answer = std::move(answer) + "\n";
        alive->written = 0;
        write(alive);
    });
}

void ControlServer::write(const std::shared_ptr<Client>& client) {
    while (client->written < client->answer.size()) {
        const ssize_t count = ::send(client->socket.number(), client->answer.data() + client->written,
                                     client->answer.size() - client->written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            client->watch->when_writable([this, weak = std::weak_ptr(client)] {
                if (const auto alive = weak.lock(); alive && !alive->gone) write(alive);
            });
            return;
        }
        if (count < 0) {
            drop(client);
            return;
        }
        client->written += static_cast<std::size_t>(count);
        client->last_used = now_;
    }
    client->answer.clear();
    client->busy = false;
    if (client->last_request) drop(client);
    else next_request(client);
}

void ControlServer::drop(const std::shared_ptr<Client>& client) {
    client->gone = true;
    client->watch.reset();
    std::erase(clients_, client);
}

void ControlServer::advance(base::Time now) {
    now_ = now;
    const auto all = clients_;
    for (const auto& client : all)
        if (now - client->last_used > kPatience) drop(client);
}

}  // namespace sallyportd
