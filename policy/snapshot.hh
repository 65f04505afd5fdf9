// The compiled policy: immutable, shared by all workers as a pointer to const. Names have become indices; every
// rule keeps the place in its file that `explain` and logs quote.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/ids.hh"
#include "base/time.hh"
#include "policy/call_rules.hh"
#include "policy/header_rules.hh"
#include "policy/node.hh"
#include "policy/peer_care.hh"
#include "policy/place.hh"
#include "policy/port_range.hh"
#include "policy/registration_rules.hh"
#include "policy/stream_rules.hh"
#include "policy/topology.hh"
#include "sdp/session.hh"
#include "sip/limits.hh"
#include "sip/locating.hh"
#include "sip/transactions.hh"

namespace policy {
struct Authentication; struct PeerLogin;   // authentication.hh

struct MediaAddress {
    base::Address address;
    base::Address advertised;                            // equal to address unless `advertise` says otherwise
    PortRange ports;
};

struct Listener {
    base::ListenerId id;
    base::ZoneId zone;
    base::Transport transport = base::Transport::udp;
    base::Endpoint local;
    base::Endpoint advertised;
};

enum class NatMode : std::uint8_t { none, far_end };

struct MediaRules {
    base::Duration inactivity{std::chrono::seconds(60)};        // 0: never
    base::Duration inactivity_on_hold{std::chrono::hours(2)};
};

struct Timers {
    sip::TransactionTimers transaction;
    base::Duration c{std::chrono::seconds(180)};         // RFC 3261, 16.6 (11): more than three minutes
    base::Duration max_call{std::chrono::hours(24)};
};

struct Zone {
    std::string name;
    Place place;
    std::vector<base::ListenerId> listeners;
    std::vector<MediaAddress> media;                     // at most one of each family
    bool trusted = false;
    NatMode nat = NatMode::none;
    const Topology* topology = nullptr;                  // how messages towards this zone hide the others; null: keep
    const HeaderRules* headers = nullptr;                // on messages towards this zone
    MediaRules media_rules;
    CallRules call_rules;
    std::optional<RegistrationRules> registrations;      // nothing: a REGISTER crosses as it is
    TlsRules tls;
    WebSocketRules web_socket;
    std::shared_ptr<const Authentication> auth;          // what those who call here must prove; null: nothing
};

struct Peer {
    std::string name;
    Place place;
    base::ZoneId zone;
    std::string uri;                                     // as written
    std::string host;
    std::optional<base::Address> address;                // where the host is an address; else it is located (RFC 3263)
    std::uint16_t port = 5060;
    base::Transport transport = base::Transport::udp;
    std::vector<base::Prefix> sources;                   // whose requests count as this peer's; default: its address
    base::Duration probe{0};                             // 0: no OPTIONS probing
    unsigned probe_down_after = 1, probe_up_after = 1;   // answers of one kind in a row
    base::Duration blacklist{std::chrono::seconds(30)};  // a target that was silent is passed over for so long
    Limits limits;
    const Topology* topology = nullptr;
    const HeaderRules* headers = nullptr;
    CallRules call_rules;
    std::shared_ptr<const tls::Context> tls;             // null: the zone's
    std::string tls_name, ws_path = "/";                 // tls_name: whom its certificate must name (RFC 5922)
    bool outlived = false;                               // phones register with it that survive it
    std::shared_ptr<const PeerLogin> login;              // how we answer its challenges; null: not at all
    // Else the DNS chooses.
    bool transport_is_said() const { return says_transport || says_port || address; }
    bool says_transport = false, says_port = false;      // in its URI
};

// The whole, and what was compiled for speed. Built by loader.hh; asked through admission.hh and routing.hh.
struct Snapshot {
    Node node;
    Records records;
    Firewall firewall;
    sip::Limits sip_limits;
    sdp::Limits sdp_limits;
    Timers timers;
    Dns dns;
    Emergency emergency;
    std::vector<Listener> listeners;                     // by ListenerId
    std::vector<Zone> zones;                             // by ZoneId
    std::vector<Peer> peers;                             // by PeerId
    std::map<std::string, std::unique_ptr<Topology>> topologies;
    std::map<std::string, std::unique_ptr<HeaderRules>> header_rules;
    std::string hash;                                    // of all files' text: 16 hexadecimal digits
    std::string loaded;                                  // file name of the main file

    struct Rules;                                        // routes and access, see rules.hh
    std::shared_ptr<const Rules> rules;

    const Zone& zone(base::ZoneId id) const { return zones[id.value]; }
    const Peer& peer(base::PeerId id) const { return peers[id.value]; }
    const Listener& listener(base::ListenerId id) const { return listeners[id.value]; }
    base::ZoneId zone_of(base::ListenerId id) const { return listeners[id.value].zone; }
    // The listener of a zone to send from, for a transport and family; null when there is none.
    const Listener* listener_for(base::ZoneId zone, base::Transport transport, bool v4) const;
    // The peer whose `sources` hold this address, the longest prefix first; kNoPeer when nobody's do.
    base::PeerId peer_of(base::ZoneId zone, const base::Address& source) const;
    const MediaAddress* media_address(base::ZoneId zone, bool v4) const;
    // Where the peer's URI leads, sent from its zone; where it is no address, the DNS has to be asked.
    sip::Destination destination_of(const Peer& peer) const;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace policy
