// Questions to the compiled policy that are about zones, listeners and peers.
#include "policy/snapshot.hh"

namespace policy {

const Listener* Snapshot::listener_for(base::ZoneId id, base::Transport transport, bool v4) const {
    for (const base::ListenerId door : zone(id).listeners) {
        const Listener& candidate = listener(door);
        if (candidate.transport == transport && candidate.local.address.is_v4() == v4) return &candidate;
    }
    return nullptr;
}

base::PeerId Snapshot::peer_of(base::ZoneId id, const base::Address& source) const {
    base::PeerId best = base::kNoPeer;
    int longest = -1;
    for (std::size_t i = 0; i < peers.size(); ++i) {
        if (peers[i].zone != id) continue;
        for (const base::Prefix& prefix : peers[i].sources)
            if (prefix.length > longest && prefix.contains(source)) {
                longest = prefix.length;
                best = base::PeerId{static_cast<std::uint16_t>(i)};
            }
    }
    return best;
}

const MediaAddress* Snapshot::media_address(base::ZoneId id, bool v4) const {
    for (const MediaAddress& media : zone(id).media)
        if (media.address.is_v4() == v4) return &media;
    return nullptr;
}

sip::Destination Snapshot::destination_of(const Peer& peer) const {
    using base::Transport;
    std::vector<sip::Way> ways;
    for (const auto transport : {Transport::udp, Transport::tcp, Transport::tls, Transport::ws, Transport::wss}) {
        const sip::Way way{transport, listener_for(peer.zone, transport, true) != nullptr,
                           listener_for(peer.zone, transport, false) != nullptr};
        if (way.v4 || way.v6) ways.push_back(way);
    }
    return sip::destination_of(sip::Uri::parse(peer.uri).value_or(sip::Uri{}), std::move(ways));
}

}  // namespace policy
