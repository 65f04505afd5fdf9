#include "net/connections.hh"

#include <netinet/tcp.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <deque>

#include "net/socket_address.hh"

namespace net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kAcceptsAtOnce = 64;

void send_at_once(int socket) {
    const int on = 1;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

struct Connections::Door {
    ListenerSpec spec;
    Descriptor socket;
    std::unique_ptr<Watch> watch;
};

struct Connections::Connection {
    base::Flow flow;
    Descriptor socket;
    bool outgoing = false, connecting = false, writing = false, closing = false;
    base::Time last_used;
    base::Time partial_since = base::kNever;
    std::deque<Bytes> queue;
    std::size_t queued_bytes = 0, written_of_first = 0;
    std::vector<base::Flow> asked;     // the flows whose sends wait for the connection to stand
    std::unique_ptr<Watch> watch;      // destroyed before the socket

    bool leads_to(const base::Flow& other) const {
        return flow.remote == other.remote && flow.transport == other.transport && !closing;
    }
};

Connections::Connections(Loop& loop, base::WorkerId worker, const ConnectionLimits& limits, Events events,
                         std::function<base::Time()> now)
    : loop_(&loop), worker_(worker), limits_(limits), events_(std::move(events)), now_(std::move(now)),
      buffer_(kReadBytes) {}

Connections::~Connections() = default;

std::size_t Connections::size() const { return connections_.size(); }

void Connections::listen(const ListenerSpec& spec, Descriptor socket) {
    auto door = std::make_unique<Door>(Door{spec, std::move(socket), nullptr});
    door->watch = std::make_unique<Watch>(*loop_, door->socket.number(), [this, at = door.get()] { accept(*at); });
    doors_.push_back(std::move(door));
}

void Connections::stop_listening(const ListenerSpec& spec) {
    std::erase_if(doors_, [&](const auto& door) {
        return door->spec.local == spec.local && door->spec.transport == spec.transport;
    });
}

void Connections::rename_listener(const ListenerSpec& spec) {
    for (auto& door : doors_)
        if (door->spec.local == spec.local && door->spec.transport == spec.transport) door->spec.id = spec.id;
    for (auto& [id, connection] : connections_)
        if (connection->flow.transport == spec.transport && connection->flow.local.address == spec.local.address &&
            (connection->outgoing || connection->flow.local.port == spec.local.port))
            connection->flow.listener = spec.id;
}

void Connections::accept(Door& door) {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
        SocketAddress remote{}, local{};
        socklen_t length = sizeof remote;
        Descriptor socket(::accept4(door.socket.number(), &remote.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket) return;
        length = sizeof local;
        if (::getsockname(socket.number(), &local.any, &length)) continue;
        base::Flow flow{door.spec.id, door.spec.transport, from_socket_address(local), from_socket_address(remote), {}};
        const auto source = of_source_.find(flow.remote.address);
        if (source != of_source_.end() && source->second >= limits_.per_source) ++refused_;
        else add(std::move(socket), flow, false);
    }
}

Connections::Connection* Connections::add(Descriptor socket, const base::Flow& flow, bool outgoing) {
    if (connections_.size() >= limits_.total) {
        ++refused_;
        return nullptr;
    }
    if (connections_.empty()) swept_ = now_();
    const base::ConnectionId id{std::uint64_t{worker_.value} << 56 | next_++};
    send_at_once(socket.number());
    auto connection = std::make_unique<Connection>();
    connection->flow = flow;
    connection->flow.connection = id;
    connection->outgoing = outgoing;
    connection->last_used = now_();
    connection->watch = std::make_unique<Watch>(*loop_, socket.number(), [this, id] { readable(id); });
    connection->socket = std::move(socket);
    towards_.insert_or_assign(flow.remote, id);
    ++of_source_[flow.remote.address];
    return (connections_[id] = std::move(connection)).get();
}

void Connections::readable(base::ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    const ssize_t count = ::recv(connection.socket.number(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (count <= 0) {
        if (!connection.connecting) end(id, true);   // a failed connect is told by written()
        return;
    }
    connection.last_used = now_();
    if (connection.closing) return;
    const bool incomplete =
        events_.received(connection.flow, {buffer_.data(), static_cast<std::size_t>(count)});
    const auto still = connections_.find(id);
    if (still == connections_.end()) return;
    if (!incomplete) still->second->partial_since = base::kNever;
    else if (still->second->partial_since == base::kNever) still->second->partial_since = now_();
}

void Connections::send(const base::Flow& flow, Bytes bytes) {
    Connection* connection = find_or_connect(flow);
    if (!connection || connection->queued_bytes + bytes->size() > limits_.write_bytes) {
        events_.failed(flow);
        return;
    }
    connection->queued_bytes += bytes->size();
    connection->queue.push_back(std::move(bytes));
    if (connection->connecting) {
        connection->asked.push_back(flow);
        return;
    }
    if (connection->writing || write(*connection)) return;
    events_.failed(flow);
    end_later(connection->flow.connection, true);
}

Connections::Connection* Connections::find_or_connect(const base::Flow& flow) {
    if (flow.connection.value) {
        const auto named = connections_.find(flow.connection);
        if (named != connections_.end() && !named->second->closing) return named->second.get();
        // Nobody answers at the port that an accepted connection came from: only another living one will do.
    }
    const auto found = towards_.find(flow.remote);
    if (found != towards_.end()) {
        Connection& known = *connections_.at(found->second);
        if (known.leads_to(flow)) return &known;
    }
    return flow.connection.value ? nullptr : connect(flow);
}

Connections::Connection* Connections::connect(const base::Flow& flow) {
    Descriptor socket(::socket(family_of(flow.remote.address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return nullptr;
    SocketAddress address;
    // From the listener's address, so that the peer sees whom it knows; the port is the kernel's choice.
    socklen_t length = to_socket_address({flow.local.address, 0}, address);
    const int on = 1;
    (void)::setsockopt(socket.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(socket.number(), &address.any, length)) return nullptr;
    length = to_socket_address(flow.remote, address);
    if (::connect(socket.number(), &address.any, length) && errno != EINPROGRESS) return nullptr;
    Connection* connection = add(std::move(socket), flow, true);
    if (!connection) return nullptr;
    connection->connecting = true;
    connection->watch->when_writable([this, id = connection->flow.connection] { written(id); });
    return connection;
}

void Connections::written(base::ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    connection.writing = false;
    if (connection.connecting) {
        int error = 0;
        socklen_t length = sizeof error;
        if (::getsockopt(connection.socket.number(), SOL_SOCKET, SO_ERROR, &error, &length) || error) {
            end(id, true);
            return;
        }
        connection.connecting = false;
        connection.asked.clear();
    }
    connection.last_used = now_();
    if (!write(connection)) end(id, true);
    else if (connection.closing && connection.queue.empty()) end(id, false);
}

// False: the connection is broken.
bool Connections::write(Connection& connection) {
    while (!connection.queue.empty()) {
        const std::string& first = *connection.queue.front();
        const ssize_t count = ::send(connection.socket.number(), first.data() + connection.written_of_first,
                                     first.size() - connection.written_of_first, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            connection.writing = true;
            connection.watch->when_writable([this, id = connection.flow.connection] { written(id); });
            return true;
        }
        if (count < 0) return false;
        connection.last_used = now_();
        connection.queued_bytes -= static_cast<std::size_t>(count);
        connection.written_of_first += static_cast<std::size_t>(count);
        if (connection.written_of_first < first.size()) continue;
        connection.queue.pop_front();
        connection.written_of_first = 0;
    }
    return true;
}

void Connections::close(base::ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    found->second->closing = true;
    if (found->second->queue.empty()) end_later(id, false);
}

// The caller may be inside this connection's own read.
void Connections::end_later(base::ConnectionId id, bool tell) {
    loop_->post([this, id, tell, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) end(id, tell);
    });
}

void Connections::end(base::ConnectionId id, bool tell) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    const std::unique_ptr<Connection> connection = std::move(found->second);
    connections_.erase(found);
    const auto towards = towards_.find(connection->flow.remote);
    if (towards != towards_.end() && towards->second == id) towards_.erase(towards);
    const auto source = of_source_.find(connection->flow.remote.address);
    if (--source->second == 0) of_source_.erase(source);
    if (!tell) return;
    for (const auto& flow : connection->asked) events_.failed(flow);
    events_.closed(connection->flow);
}

void Connections::advance(base::Time now) {
    if (now < next_deadline()) return;
    swept_ = now;
    std::vector<base::ConnectionId> overdue;
    for (const auto& [id, connection] : connections_) {
        const bool slow = connection->partial_since != base::kNever && now - connection->partial_since > limits_.partial;
        const auto patience = connection->connecting ? limits_.connect : limits_.idle;
        if (slow || now - connection->last_used > patience || (connection->closing && connection->queue.empty()))
            overdue.push_back(id);
    }
    for (const auto id : overdue) end(id, true);
}

}  // namespace net
