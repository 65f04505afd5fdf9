#include "tests/sim/network.hh"

#include <algorithm>

namespace sim {

using base::Transport;

void Network::listen(Transport transport, const base::Endpoint& where, Receiver receiver) {
    listeners_[{transport, where}] = std::move(receiver);
}

void Network::listen_host(const base::Address& host, Receiver receiver) { hosts_[host] = std::move(receiver); }

void Network::go_dark(const base::Address& host) { dark_[host] = true; }

void Network::deliver(Transport transport, const base::Endpoint& from, const base::Endpoint& to,
                      const Bytes& bytes) {
    if (dark_.contains(to.address)) return;
    if (const auto exact = listeners_.find({transport, to}); exact != listeners_.end()) return exact->second(to, from, bytes);
    if (const auto host = hosts_.find(to.address); transport == Transport::udp && host != hosts_.end())
        host->second(to, from, bytes);
}

void Network::deliver_after(Duration delay, const base::Endpoint& from, const base::Endpoint& to, Bytes bytes) {
    world_.after(delay, [this, from, to, bytes = std::move(bytes)] { deliver(Transport::udp, from, to, bytes); });
}

void Network::send_datagram(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes) {
    if (dark_.contains(from.address)) return;
    if (world_.chance(weather_.duplication))
        deliver_after(world_.between(weather_.least, weather_.most), from, to, bytes);
    if (world_.chance(weather_.loss)) return;
    deliver_after(world_.between(weather_.least, weather_.most), from, to, std::move(bytes));
}

void Network::send_stream(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes) {
    if (dark_.contains(from.address)) return;
    auto& stream = streams_[{from, to}];
    stream.last = std::max(stream.last, world_.now() + world_.between(weather_.least, weather_.most));
    world_.at(stream.last, [this, from, to, life = stream.life, bytes = std::move(bytes)] {
        if (streams_[{from, to}].life == life) deliver(Transport::tcp, from, to, bytes);
    });
}

void Network::reset_streams(const base::Endpoint& one) {
    for (auto& [ends, stream] : streams_)
        if (ends.first == one || ends.second == one) ++stream.life;
}

void Network::send_media(const base::Endpoint& from, const base::Endpoint& to, Bytes bytes) {
    if (dark_.contains(from.address)) return;
    deliver_after(world_.between(weather_.least, std::max(weather_.least, weather_.most / 2)), from, to, std::move(bytes));
}

}  // namespace sim
