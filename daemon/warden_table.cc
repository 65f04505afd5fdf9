#include "daemon/warden_table.hh"

namespace sallyportd {
namespace {

nft::Permitted everybody(const policy::MediaAddress& media) {
    return {media.address, {media.ports.first, media.ports.last}, {}};
}

void add_permitted(const policy::Snapshot& snapshot, std::size_t zone, const policy::MediaAddress& media,
                   std::vector<nft::Permitted>& permitted) {
    if (snapshot.zones[zone].trusted) {
        permitted.push_back(everybody(media));
        return;
    }
    for (const auto& peer : snapshot.peers) {
        if (peer.zone.value != zone) continue;
        for (const auto& source : peer.sources)
            if (source.length == 0 || source.address.is_v4() == media.address.is_v4())
                permitted.push_back({media.address, {media.ports.first, media.ports.last}, source});
    }
}

}  // namespace

nft::TableSpec table_of(const policy::Snapshot& snapshot, std::span<const std::uint16_t> steer_ports) {
    nft::TableSpec spec;
    spec.table = snapshot.firewall.table;
    spec.mark = snapshot.firewall.mark;
    spec.enforce = snapshot.firewall.enforce;
    spec.pinhole_timeout = snapshot.firewall.pinhole_timeout;
    const auto workers = static_cast<unsigned>(steer_ports.size());
    for (std::size_t zone = 0; zone < snapshot.zones.size(); ++zone) {
        for (const auto& media : snapshot.zones[zone].media) {
            for (unsigned worker = 0; worker < workers; ++worker) {
                const auto ports = policy::share_of(media.ports, {static_cast<std::uint8_t>(worker)}, workers);
                spec.media.push_back({media.address, {ports.first, ports.last}, steer_ports[worker]});
            }
            add_permitted(snapshot, zone, media, spec.permitted);
        }
    }
    for (const auto& listener : snapshot.listeners) {
        const bool trusted = snapshot.zones[listener.zone.value].trusted;
        spec.listeners.push_back({listener.local, base::is_reliable(listener.transport), !trusted});
    }
    for (const auto& peer : snapshot.peers)
        spec.exempt.insert(spec.exempt.end(), peer.sources.begin(), peer.sources.end());
    return spec;
}

}  // namespace sallyportd
