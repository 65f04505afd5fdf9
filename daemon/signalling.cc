#include "daemon/signalling.hh"

#include <algorithm>

#include "base/log.hh"

namespace sallyportd {
namespace {

bool is_wanted(const policy::Snapshot& policy, net::ListenerSpec& spec) {
    for (const auto& listener : policy.listeners) {
        if (!same_door(spec_of(listener), spec)) continue;
        spec.id = listener.id;
        return true;
    }
    return false;
}

base::Flow flow_at(const net::UdpListener& door, const base::Endpoint& remote) {
    return {door.spec().id, base::Transport::udp, door.spec().local, remote, {}};
}

const Signalling::Bytes& pong() {
    static const Signalling::Bytes the_pong = std::make_shared<const std::string>("\r\n");   // RFC 5626, 4.4.1
    return the_pong;
}

}  // namespace

Signalling::Signalling(net::Loop& loop, base::WorkerId worker, policy::SnapshotPtr policy, Events events,
                       std::function<base::Time()> now)
    : loop_(&loop), policy_(std::move(policy)), events_(std::move(events)), batch_(policy_->sip_limits.datagram_bytes),
      connections_(loop, worker, {}, connection_events(), std::move(now)) {}

net::Connections::Events Signalling::connection_events() {
    return {[this](const base::Flow& flow, std::string_view bytes) { return received(flow, bytes); },
            [this](const base::Flow& flow) {
                streams_.erase(flow.connection);
                events_.failed(flow);
            },
            [this](const base::Flow& flow) { events_.failed(flow); },
            [this](const base::Flow& flow, bool outgoing) { return rules(flow, outgoing); },
            [this](const base::Flow& flow, base::Reason reason, const std::string& why) {
                channel_broke(flow, reason, why);
            }};
}

// The peer of a flow that we open. A living call may still have the number that its peer had in the policy before.
const policy::Peer* Signalling::peer_at(const base::Flow& flow) const {
    const auto zone = policy_->zone_of(flow.listener);
    const auto fits = [&](const policy::Peer& peer) {
        return peer.zone == zone && peer.transport == flow.transport && peer.port == flow.remote.port &&
               (!peer.address || *peer.address == flow.remote.address);
    };
    if (flow.peer.value < policy_->peers.size() && fits(policy_->peer(flow.peer))) return &policy_->peer(flow.peer);
    const auto found = std::ranges::find_if(
        policy_->peers, [&](const policy::Peer& peer) { return peer.address && fits(peer); });
    return found == policy_->peers.end() ? nullptr : &*found;
}

net::ChannelRules Signalling::rules(const base::Flow& flow, bool outgoing) const {
    net::ChannelRules rules;
    if (flow.transport == base::Transport::tcp || flow.listener.value >= policy_->listeners.size()) return rules;
    const policy::Zone& zone = policy_->zone(policy_->zone_of(flow.listener));
    const policy::Peer* const peer = outgoing ? peer_at(flow) : nullptr;
    if (base::is_secure(flow.transport)) {
        rules.tls = !outgoing ? zone.tls.server : peer && peer->tls ? peer->tls : zone.tls.client;
        if (outgoing) rules.peer_name = peer ? peer->tls_name : flow.remote.address.to_string();
    }
    if (!base::is_web_socket(flow.transport)) return rules;
    rules.web.emplace();
    rules.web->server = !outgoing;
    rules.web->message_bytes = policy_->sip_limits.stream_bytes;
    rules.web->path = !outgoing ? zone.web_socket.path : peer ? peer->ws_path : "/";
    rules.web->origins = zone.web_socket.origins;
    if (outgoing) rules.web->host = flow.remote.to_string();
    return rules;
}

// What a stranger breaks is counted; what we ask of a peer and do not get, its operator wants to know.
void Signalling::channel_broke(const base::Flow& flow, base::Reason reason, const std::string& why) {
    if (const policy::Peer* const peer = flow.peer == base::kNoPeer ? nullptr : peer_at(flow))
        base::log::warning("peer_refused", base::log::Fields("peer", peer->name)("remote", flow.remote.to_string())(
                                               "reason", base::text_of(reason))("why", why));
    events_.broken(reason, {}, flow);
}

void Signalling::take_over(policy::SnapshotPtr policy, std::vector<OpenListener> opened) {
    policy_ = std::move(policy);
    std::erase_if(datagrams_, [&](auto& listener) {
        net::ListenerSpec spec = listener->spec();
        if (!is_wanted(*policy_, spec)) return true;
        listener->rename(spec.id);
        return false;
    });
    std::erase_if(stream_doors_, [&](auto& spec) {
        if (!is_wanted(*policy_, spec)) {
            connections_.stop_listening(spec);
            return true;
        }
        connections_.rename_listener(spec);
        return false;
    });
    for (auto& listener : opened) add(std::move(listener));
}

void Signalling::add(OpenListener listener) {
    if (listener.spec.transport != base::Transport::udp) {
        stream_doors_.push_back(listener.spec);
        connections_.listen(listener.spec, std::move(listener.socket));
        return;
    }
    datagrams_.push_back(std::make_unique<net::UdpListener>(
        *loop_, listener.spec, std::move(listener.socket), batch_,
        net::UdpListener::Events{[this](net::UdpListener& at, std::string_view bytes, const base::Endpoint& from) {
                                     events_.arrived(bytes, flow_at(at, from));
                                 },
                                 [this](net::UdpListener& at, std::string_view beginning, const base::Endpoint& to) {
                                     events_.returned(beginning, flow_at(at, to));
                                 }}));
}

bool Signalling::received(const base::Flow& flow, std::string_view bytes) {
    if (base::is_web_socket(flow.transport)) {           // RFC 7118, 5: whole messages
        if (bytes == "\r\n\r\n") connections_.send(flow, pong());
        else events_.arrived(bytes, flow);
        return false;
    }
    auto [at, is_new] = streams_.try_emplace(flow.connection, Stream{policy_, sip::Framer(policy_->sip_limits)});
    at->second.framer.feed(bytes);
    if (cut(at->second, flow)) return at->second.framer.buffered() > 0;
    connections_.close(flow.connection);
    streams_.erase(flow.connection);
    return false;
}

// False: the stream is broken.
bool Signalling::cut(Stream& stream, const base::Flow& flow) {
    for (;;) {
        const sip::Framer::Step step = stream.framer.next();
        if (const auto* complete = std::get_if<sip::Framer::Complete>(&step)) {
            events_.arrived(complete->bytes, flow);
        } else if (std::holds_alternative<sip::Framer::Ping>(step)) {
            connections_.send(flow, pong());
        } else if (const auto* broken = std::get_if<sip::Framer::Broken>(&step)) {
            events_.broken(broken->reason, broken->bytes, flow);
            return false;
        } else {
            return true;
        }
    }
}

void Signalling::send(const base::Flow& flow, const Bytes& bytes) {
    if (flow.transport != base::Transport::udp) {
        connections_.send(flow, bytes);
        return;
    }
    const auto door = std::ranges::find_if(
        datagrams_, [&](const auto& listener) { return listener->spec().local == flow.local; });
    if (door == datagrams_.end()) events_.failed(flow);   // a reload took it away
    else (*door)->send(flow.remote, bytes);
}

bool Signalling::flush() {
    bool drained = true;
    for (const auto& listener : datagrams_) {
        drained &= listener->flush([this](net::UdpListener& at, const base::Endpoint& to) {
            events_.failed(flow_at(at, to));
        });
    }
    return drained;
}

std::uint64_t Signalling::datagrams_lost() const {
    std::uint64_t lost = 0;
    for (const auto& listener : datagrams_) lost += listener->lost();
    return lost;
}

}  // namespace sallyportd
