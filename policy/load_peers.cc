// [peers.NAME]: who is on the other side, by address or name, and what they may.
#include <algorithm>

#include "policy/compilation.hh"
#include "policy/loader_tls.hh"
#include "sip/uri.hh"

namespace policy {
namespace {

constexpr std::size_t kMostPeers = 0xfffe;  // kNoPeer is 0xffff

void read_uri(TableReader& reader, Peer& peer) {
    if (!reader.need("uri", "uri = \"sip:198.51.100.10:5060\"") || !reader.read("uri", peer.uri)) return;
    const Place& place = reader.find("uri")->place;
    const auto uri = sip::Uri::parse(peer.uri);
    if (!uri || !uri->is_sip() || uri->host.empty()) {
        reader.complaints().error(place, "\"" + peer.uri +
                                             "\" is no SIP URI; write \"sip:198.51.100.10:5060\" or "
                                             "\"sip:sip.carrier.example;transport=tcp\"");
        return;
    }
    if (uri->parameter("transport") && !uri->transport())
        reader.complaints().error(place, "transport \"" + std::string(*uri->parameter("transport")) +
                                             "\" is unknown; known are udp, tcp, tls, ws, wss");
    peer.host = uri->host;
    peer.address = uri->host_address();
    peer.transport = uri->transport().value_or(base::Transport::udp);
    peer.port = uri->port ? uri->port : base::default_port(peer.transport);
    peer.says_transport = uri->transport().has_value();
    peer.says_port = uri->port != 0;
    if (peer.address && (peer.address->is_unspecified() || peer.address->is_multicast()))
        reader.complaints().error(place, "no peer can have the address " + peer.address->to_string());
}

// The zone needs a door of the peer's transport (and family, where the address is known).
void check_door(const Peer& peer, const Place& place, Compilation& compilation) {
    const auto fits = [&](const DeclaredListener& listener) {
        return listener.zone == peer.zone && (!peer.transport_is_said() || listener.transport == peer.transport) &&
               (!peer.address || listener.local.address.is_v4() == peer.address->is_v4());
    };
    const std::string transport(base::name_of(peer.transport));
    const Zone& zone = compilation.snapshot.zone(peer.zone);
    const auto& half_read = compilation.half_read;
    if (std::ranges::find(half_read, peer.zone) != half_read.end()) {
        // What is missing may be the listener that could not be read; one complaint is enough.
    } else if (std::ranges::none_of(compilation.listeners, fits)) {
        const bool v4 = !peer.address || peer.address->is_v4();
        compilation.complaints.error(
            place, "zone \"" + zone.name + "\" has no " + transport + " listener" +
                       (v4 ? "" : " with an IPv6 address") + " to send from; add \"" + transport +
                       ":ADDRESS:" + std::to_string(base::default_port(peer.transport)) + "\" to its listen");
    } else if (base::is_secure(peer.transport) && !zone.tls.client) {
        compilation.complaints.warning(place, "peer \"" + peer.name + "\" cannot be reached over " + transport +
                                                  ": zone \"" + zone.name + "\" has no certificate");
    }
    for (const DeclaredListener& listener : compilation.listeners)
        if (peer.address && listener.transport == peer.transport &&
            listener.local == base::Endpoint{*peer.address, peer.port})
            compilation.complaints.error(place, "this is our own listener, at " + listener.place.to_string());
}

void read_sources(TableReader& reader, Peer& peer) {
    if (reader.read_prefixes("sources", peer.sources)) return;
    if (peer.address)
        peer.sources.push_back({*peer.address, 128});
    else if (!peer.host.empty())
        reader.complaints().warning(reader.find("uri")->place, "requests from \"" + peer.host +
                                                                   "\" do not count as this peer's: "
                                                                   "write sources = [\"ADDRESS\"]");
}

void load_peer(const Entry& entry, Compilation& compilation) {
    const Table* table = entry.value.as<Table>();
    if (!table) {
        compilation.complaints.error(entry.value.place, "\"" + entry.key + "\" must be a table, this is " +
                                                            std::string(kind_of(entry.value)));
        return;
    }
    if (compilation.zones.contains(entry.key))
        compilation.complaints.error(
            entry.place, "\"" + entry.key + "\" is a zone's name too, at " +
                             compilation.snapshot.zone(compilation.zones.at(entry.key)).place.to_string() +
                             "; routes could not tell them apart");
    if (entry.key == kRegistered)
        compilation.complaints.error(entry.place, "no peer can be called \"registered\": in routes that means phones");
    Peer peer;
    peer.name = entry.key;
    peer.place = entry.place;
    TableReader reader(*table, entry.place, "[peers." + entry.key + "]", compilation.complaints);
    std::string zone_name;
    std::optional<base::ZoneId> zone;
    if (reader.need("zone", "zone = \"inside\"") && reader.read("zone", zone_name))
        zone = compilation.zone_named(zone_name, reader.find("zone")->place);
    read_uri(reader, peer);
    if (zone) peer.zone = *zone;
    if (zone && !peer.host.empty()) check_door(peer, reader.find("uri")->place, compilation);
    if (zone) read_peer_tls(reader, peer, compilation);
    if (reader.read("ws_path", peer.ws_path) && !base::is_web_socket(peer.transport))
        compilation.complaints.error(reader.find("ws_path")->place, "\"ws_path\" is for peers with ;transport=ws or wss");
    read_sources(reader, peer);
    read_peer_watch(reader, peer, compilation.complaints);
    read_peer_limits(reader, peer, compilation.complaints);
    peer.login = compilation.read_login(reader, peer.name);
    compilation.read_attachments(reader, peer.topology, peer.headers);
    read_call_rules(reader, peer.call_rules);
    if (peer.says_transport && peer.transport == base::Transport::udp && !peer.call_rules.large_requests)
        peer.call_rules.large_requests = LargeRequests::udp;   // it was said that there is nothing else
    reader.finish();
    compilation.peers.emplace(entry.key,
                              base::PeerId{static_cast<std::uint16_t>(compilation.snapshot.peers.size())});
    compilation.snapshot.peers.push_back(std::move(peer));
}

}  // namespace

void load_peers(TableReader& root, Compilation& compilation) {
    const Table* peers = root.table("peers");
    if (!peers) return;
    if (peers->entries.size() > kMostPeers)
        compilation.complaints.error(root.find("peers")->place, "more than 65534 peers");
    else
        for (const Entry& entry : peers->entries) load_peer(entry, compilation);
}

}  // namespace policy
