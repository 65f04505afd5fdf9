#include "daemon/signalling.hh"

#include <algorithm>

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

const Signalling::Bytes& pong() {
    static const Signalling::Bytes the_pong = std::make_shared<const std::string>("\r\n");   // RFC 5626, 4.4.1
    return the_pong;
}

}  // namespace

Signalling::Signalling(net::Loop& loop, base::WorkerId worker, policy::SnapshotPtr policy, Events events,
                       std::function<base::Time()> now)
    : loop_(&loop), policy_(std::move(policy)), events_(std::move(events)), batch_(policy_->sip_limits.datagram_bytes),
      connections_(loop, worker, {},
                   {[this](const base::Flow& flow, std::string_view bytes) { return received(flow, bytes); },
                    [this](const base::Flow& flow) {
                        streams_.erase(flow.connection);
                        events_.failed(flow);
                    },
                    [this](const base::Flow& flow) { events_.failed(flow); }},
                   std::move(now)) {}

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
        [this](net::UdpListener& at, std::string_view bytes, const base::Endpoint& from) {
            events_.arrived(bytes, {at.spec().id, base::Transport::udp, at.spec().local, from, {}});
        }));
}

bool Signalling::received(const base::Flow& flow, std::string_view bytes) {
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
            events_.failed({at.spec().id, base::Transport::udp, at.spec().local, to, {}});
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
