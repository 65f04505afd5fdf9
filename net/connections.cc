#include "net/connections.hh"

#include <algorithm>
#include <cerrno>

#include "net/connection.hh"
#include "net/socket_address.hh"

namespace net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kAcceptsAtOnce = 64;

base::Reason reason_of(Channel::Fault fault) {
    switch (fault) {
        case Channel::Fault::tls: return base::Reason::tls_failed;
        case Channel::Fault::certificate: return base::Reason::certificate_refused;
        case Channel::Fault::upgrade: return base::Reason::upgrade_refused;
        case Channel::Fault::frame: return base::Reason::bad_frame;
        case Channel::Fault::none: break;
    }
    return base::Reason::transport_failed;
}

}  // namespace

struct Connections::Door {
    ListenerSpec spec;
    Descriptor socket;
    std::unique_ptr<Watch> watch;
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

Connection* Connections::add(Descriptor socket, const base::Flow& flow, bool outgoing) {
    const ChannelRules rules = events_.rules ? events_.rules(flow, outgoing) : ChannelRules{};
    // What is to be secret never goes in the clear because a reload took the certificate away.
    if (connections_.size() >= limits_.total || (base::is_secure(flow.transport) && !rules.tls)) {
        ++refused_;
        return nullptr;
    }
    if (connections_.empty()) swept_ = now_();
    const base::ConnectionId id{std::uint64_t{worker_.value} << 56 | next_++};
    auto connection = std::make_unique<Connection>(
        flow, std::move(socket), rules.plain() ? nullptr : std::make_unique<Channel>(rules), outgoing);
    connection->flow.connection = id;
    connection->began = connection->last_used = now_();
    if (!outgoing) connection->partial_since = now_();   // who opens one has something to say
    connection->watch(*loop_, [this, id] { readable(id); });
    towards_.insert_or_assign(flow.remote, id);
    ++of_source_[flow.remote.address];
    return (connections_[id] = std::move(connection)).get();
}

Connection* Connections::named(base::ConnectionId id) {
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second.get();
}

void Connections::readable(base::ConnectionId id) {
    Connection* const connection = named(id);
    if (!connection) return;
    arrived_.clear();
    const bool was_open = connection->is_open();
    const auto read = connection->read(buffer_, arrived_);
    if (read == Connection::Read::nothing) return;
    if (read == Connection::Read::end && connection->connecting) return;   // a failed connect is told by writable()
    if (read == Connection::Read::end && connection->closing) return end(id, true);
    connection->last_used = now_();
    if (connection->closing) return;
    if (!was_open && connection->is_open()) connection->asked.clear();
    write_on(*connection);
    deliver(id, arrived_);
    Connection* const still = named(id);
    if (!still || still->closing) return;
    if (read == Connection::Read::end) fail(*still);
    else if (still->queued_bytes() > limits_.write_bytes) end(id, true);   // pings, and nobody who reads the pongs
}

void Connections::deliver(base::ConnectionId id, const std::vector<std::string>& arrived) {
    bool incomplete = false;
    for (const std::string& bytes : arrived) {
        Connection* const connection = named(id);
        if (!connection || connection->closing) return;
        incomplete = events_.received(connection->flow, bytes);
    }
    Connection* const connection = named(id);
    if (!connection) return;
    if (arrived.empty() ? !connection->has_partial() : !incomplete && !connection->has_partial())
        connection->partial_since = base::kNever;
    else if (connection->partial_since == base::kNever) connection->partial_since = now_();
}

// The peer has ended it, or broken it. In the second case what we say to that is to be read: the socket stays for a
// moment, so that no reset overtakes it.
void Connections::fail(Connection& connection) {
    const Channel* const channel = connection.channel();
    if (!channel || channel->fault() == Channel::Fault::none) return end(connection.flow.connection, true);
    if (events_.broken) events_.broken(connection.flow, reason_of(channel->fault()), channel->why());
    connection.closing = connection.told = true;
    connection.partial_since = now_();
    for (const auto& flow : std::exchange(connection.asked, {})) events_.failed(flow);
    events_.closed(connection.flow);
}

void Connections::send(const base::Flow& flow, Bytes bytes) {
    Connection* const connection = find_or_connect(flow);
    if (!connection || !connection->queue(std::move(bytes), limits_.write_bytes)) {
        events_.failed(flow);
        return;
    }
    if (!connection->is_open()) {
        connection->asked.push_back(flow);
        return;
    }
    if (connection->writing) return;
    if (connection->write() != Connection::Written::broken) return write_on(*connection);
    events_.failed(flow);
    end_later(connection->flow.connection, true);
}

Connection* Connections::find_or_connect(const base::Flow& flow) {
    if (flow.connection.value) {
        Connection* const one = named(flow.connection);
        if (one && !one->closing) return one;
        // Nobody answers at the port that an accepted connection came from: only another living one will do.
    }
    if (Connection* const other = known(flow)) return other;
    return flow.connection.value ? nullptr : connect(flow);
}

// Another connection that leads there. One that the peer opened and called an alias must be the peer's whom we want
// (RFC 5923, 8.2); and what was opened for one peer is not for another one who lives at the same address.
Connection* Connections::known(const base::Flow& flow) {
    const auto found = towards_.find(flow.remote);
    if (found == towards_.end()) return nullptr;
    Connection& other = *connections_.at(found->second);
    if (!other.leads_to(flow)) return nullptr;
    if (other.outgoing) return other.channel() && other.flow.peer != flow.peer ? nullptr : &other;
    if (!other.alias || !events_.rules) return &other;
    return other.channel()->peer_is(events_.rules(flow, true).peer_name) ? &other : nullptr;
}

void Connections::alias(base::ConnectionId id, const base::Endpoint& remote) {
    Connection* const connection = named(id);
    if (!connection || connection->outgoing || connection->alias || !connection->channel()) return;
    const auto present = towards_.find(remote);
    if (present != towards_.end()) return;               // the one that is there is good enough
    connection->alias = remote;
    towards_.emplace(remote, id);
}

Connection* Connections::connect(const base::Flow& flow) {
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
    Connection* const connection = add(std::move(socket), flow, true);
    if (!connection) return nullptr;
    connection->connecting = true;
    connection->when_writable([this, id = connection->flow.connection] { writable(id); });
    return connection;
}

void Connections::writable(base::ConnectionId id) {
    Connection* const connection = named(id);
    if (!connection) return;
    connection->writing = false;
    if (connection->connecting) {
        const auto usable = connection->connected();
        if (!usable) return end(id, true);
        connection->began = now_();
        if (*usable) connection->asked.clear();
    }
    connection->last_used = now_();
    write_on(*connection);
    if (Connection* const still = named(id); still && still->closing && still->is_empty() && !still->told) end(id, false);
}

// What waits leaves now, or when the socket takes it. A connection that is found broken ends in a later task.
void Connections::write_on(Connection& connection) {
    if (connection.writing || connection.connecting) return;
    switch (connection.write()) {
        case Connection::Written::all: break;
        case Connection::Written::broken: end_later(connection.flow.connection, true); break;
        case Connection::Written::waits:
            connection.writing = true;
            connection.when_writable([this, id = connection.flow.connection] { writable(id); });
            break;
    }
}

void Connections::close(base::ConnectionId id) {
    Connection* const connection = named(id);
    if (!connection) return;
    connection->close();
    connection->partial_since = now_();                  // what is queued must leave soon
    write_on(*connection);
    if (connection->is_empty()) end_later(id, false);
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
    for (const auto& remote : {connection->flow.remote, connection->alias.value_or(connection->flow.remote)}) {
        const auto towards = towards_.find(remote);
        if (towards != towards_.end() && towards->second == id) towards_.erase(towards);
    }
    const auto source = of_source_.find(connection->flow.remote.address);
    if (--source->second == 0) of_source_.erase(source);
    if (!tell || connection->told) return;
    for (const auto& flow : connection->asked) events_.failed(flow);
    events_.closed(connection->flow);
}

bool Connections::is_overdue(const Connection& connection, base::Time now) const {
    if (connection.closing && connection.is_empty()) return true;
    if (connection.connecting) return now - connection.began > limits_.connect;
    if (!connection.is_open() && now - connection.began > limits_.handshake) return true;
    if (connection.partial_since != base::kNever && now - connection.partial_since > limits_.partial) return true;
    return now - connection.last_used > limits_.idle;
}

void Connections::advance(base::Time now) {
    if (now < next_deadline()) return;
    swept_ = now;
    std::vector<base::ConnectionId> overdue;
    for (const auto& [id, connection] : connections_)
        if (is_overdue(*connection, now)) overdue.push_back(id);
    for (const auto id : overdue) {
        const Connection& connection = *connections_.at(id);
        if (!connection.is_open() && !connection.connecting && !connection.closing && events_.broken)
            events_.broken(connection.flow, base::Reason::handshake_timeout, {});
        end(id, true);
    }
}

}  // namespace net
