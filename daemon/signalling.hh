// The SIP doors of one worker: its UDP sockets and stream connections, with the framing of streams. It cuts bytes into
// messages, finds the door for what leaves, and says from the policy how TLS and WebSocket are spoken there; what a
// message says is not its matter.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/flow.hh"
#include "daemon/listeners.hh"
#include "net/connections.hh"
#include "net/udp_listener.hh"
#include "policy/snapshot.hh"
#include "sip/framer.hh"

namespace sallyportd {

class Signalling {
 public:
    using Bytes = std::shared_ptr<const std::string>;
    struct Events {
        // One datagram, or one message cut from a stream, not yet judged.
        std::function<void(std::string_view bytes, const base::Flow& flow)> arrived;
        // A stream that cannot be cut any more: closed after this call. No bytes: TLS or WebSocket ended it.
        std::function<void(base::Reason reason, std::string_view bytes, const base::Flow& flow)> broken;
        std::function<void(const base::Flow& flow)> failed;
        // The beginning of a datagram of ours that a host or router on its way sent back.
        std::function<void(std::string_view beginning, const base::Flow& flow)> returned;
    };

    Signalling(net::Loop& loop, base::WorkerId worker, policy::SnapshotPtr policy, Events events,
               std::function<base::Time()> now);

    // The doors of a new policy: those that are gone are closed, the others get their new numbers, `opened` are added.
    void take_over(policy::SnapshotPtr policy, std::vector<OpenListener> opened);

    // By the flow's connection, or the socket of its local endpoint. Datagrams wait for flush().
    void send(const base::Flow& flow, const Bytes& bytes);
    // False: datagrams are left that the kernel did not take yet.
    bool flush();
    void alias(base::ConnectionId id, const base::Endpoint& remote) { connections_.alias(id, remote); }
    void advance(base::Time now) { connections_.advance(now); }
    base::Time next_deadline() const { return connections_.next_deadline(); }

    std::size_t connections() const { return connections_.size(); }
    std::uint64_t connections_refused() const { return connections_.refused(); }
    std::uint64_t datagrams_lost() const;

 private:
    // A framer reads its limits for as long as it lives, so it keeps the policy that has them.
    struct Stream {
        policy::SnapshotPtr policy;
        sip::Framer framer;
    };

    void add(OpenListener listener);
    net::Connections::Events connection_events();
    net::ChannelRules rules(const base::Flow& flow, bool outgoing) const;
    const policy::Peer* peer_at(const base::Flow& flow) const;
    void channel_broke(const base::Flow& flow, base::Reason reason, const std::string& why);
    bool received(const base::Flow& flow, std::string_view bytes);
    bool cut(Stream& stream, const base::Flow& flow);

    net::Loop* loop_;
    policy::SnapshotPtr policy_;
    Events events_;
    net::DatagramBatch batch_;
    std::vector<std::unique_ptr<net::UdpListener>> datagrams_;
    std::vector<net::ListenerSpec> stream_doors_;
    std::unordered_map<base::ConnectionId, Stream> streams_;
    net::Connections connections_;
};

}  // namespace sallyportd
