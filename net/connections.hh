// All stream connections of one worker: accepted at its listeners, or made towards a peer and used again for the same
// one (RFC 3261, 18; RFC 5923). Bounded in number, in what waits to be written, and in time: idle ones, those that keep
// half a message back and those whose handshake does not end are closed. Bytes only: whoever frames the messages says
// when one is complete. TLS and WebSocket are a channel of the connection; its owner says which, and sees plain bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/flow.hh"
#include "base/time.hh"
#include "base/reason.hh"
#include "net/channel.hh"
#include "net/descriptor.hh"
#include "net/listener_spec.hh"
#include "net/loop.hh"

namespace net {

struct ConnectionLimits {
    std::size_t total = 10000;                                // of one worker
    std::size_t per_source = 256;
    std::size_t write_bytes = 256 * 1024;                     // that wait for one connection
    base::Duration idle{std::chrono::minutes(10)};
    base::Duration partial{std::chrono::seconds(10)};         // from the first byte of a message to its last
    base::Duration connect{std::chrono::seconds(5)};
    base::Duration handshake{std::chrono::seconds(9)};        // TLS and upgrade; with the sweep, 10 at most
};

class Connection;

class Connections {
 public:
    using Bytes = std::shared_ptr<const std::string>;
    // Told of bytes that came in, and of the end of a connection, or of a send that reached nobody. `incomplete`: the
    // answer of `received`, whether it waits for the rest of a message. Over WebSocket each call brings one message.
    struct Events {
        std::function<bool(const base::Flow& flow, std::string_view bytes)> received;
        std::function<void(const base::Flow& flow)> closed;
        std::function<void(const base::Flow& flow)> failed;   // the flow as send() was given it
        // What a connection that begins is to be spoken over; none: all are plain.
        std::function<ChannelRules(const base::Flow& flow, bool outgoing)> rules{};
        // Why TLS or WebSocket ended it; `closed` or `failed` follow.
        std::function<void(const base::Flow& flow, base::Reason reason, const std::string& why)> broken{};
    };

    // `now`: the time of the owner's turn.
    Connections(Loop& loop, base::WorkerId worker, const ConnectionLimits& limits, Events events,
                std::function<base::Time()> now);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    void listen(const ListenerSpec& spec, Descriptor socket);
    // Connections that were accepted there live on.
    void stop_listening(const ListenerSpec& spec);
    void rename_listener(const ListenerSpec& spec);           // the same door under a new id

    // On the flow's connection; where it names none, on one that leads there already, else on a new one.
    void send(const base::Flow& flow, Bytes bytes);
    void close(base::ConnectionId id);                        // after what is queued was written; tells nobody
    // Requests to `remote` may use this connection too (RFC 5923): asked for over it by a peer who proved its name, which
    // is compared with the one that the request is for.
    void alias(base::ConnectionId id, const base::Endpoint& remote);

    // Closes what is overdue. To be called at next_deadline().
    void advance(base::Time now);
    base::Time next_deadline() const { return size() ? swept_ + kSweep : base::kNever; }

    std::size_t size() const;
    std::uint64_t refused() const { return refused_; }

    static base::WorkerId owner_of(base::ConnectionId id) {
        return {static_cast<std::uint8_t>(id.value >> 56)};
    }

 private:
    static constexpr base::Duration kSweep{std::chrono::seconds(1)};
    struct Door;

    void accept(Door& door);
    Connection* add(Descriptor socket, const base::Flow& flow, bool outgoing);
    Connection* named(base::ConnectionId id);
    Connection* find_or_connect(const base::Flow& flow);
    Connection* known(const base::Flow& flow);
    Connection* connect(const base::Flow& flow);
    void readable(base::ConnectionId id);
    void writable(base::ConnectionId id);
    void deliver(base::ConnectionId id, const std::vector<std::string>& arrived);
    void write_on(Connection& connection);
    void fail(Connection& connection);
    void end(base::ConnectionId id, bool tell);
    void end_later(base::ConnectionId id, bool tell);
    bool is_overdue(const Connection& connection, base::Time now) const;

    Loop* loop_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);   // tasks in the loop may outlive us
    base::WorkerId worker_;
    ConnectionLimits limits_;
    Events events_;
    std::function<base::Time()> now_;
    base::Time swept_{};
    std::uint64_t next_ = 1, refused_ = 0;
    std::vector<char> buffer_;
    std::vector<std::string> arrived_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::unordered_map<base::ConnectionId, std::unique_ptr<Connection>> connections_;
    std::unordered_map<base::Endpoint, base::ConnectionId> towards_;      // by the remote endpoint, or its alias
    std::unordered_map<base::Address, std::size_t> of_source_;
};

}  // namespace net
