// What the loader's parts share while one policy is compiled. Not seen outside of this room.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/loader_host.hh"
#include "policy/rules.hh"
#include "policy/table_reader.hh"

namespace policy {

// A listener as written, served or not; what later checks and messages need of it.
struct DeclaredListener {
    base::ZoneId zone;
    base::Transport transport;
    base::Endpoint local;
    Place place;
};

struct DeclaredMedia {
    base::ZoneId zone;
    base::Address address;
    PortRange ports;
    Place place;
};

struct Compilation {
    Snapshot& snapshot;
    Snapshot::Rules& rules;
    Complaints& complaints;
    const HostFacts* host;  // null: nothing about this host is checked
    std::map<std::string, base::ZoneId, std::less<>> zones;
    std::map<std::string, base::PeerId, std::less<>> peers;
    std::vector<DeclaredListener> listeners;
    std::vector<DeclaredMedia> media;
    std::vector<base::ZoneId> half_read;                  // zones with a listener, or its certificate, that could not be read

    // By name, with a complaint where there is none.
    std::optional<base::ZoneId> zone_named(const std::string& name, const Place& place) const;
    std::optional<base::PeerId> peer_named(const std::string& name, const Place& place) const;
    // The keys "topology" and "headers" of zones, peers and routes.
    void read_attachments(TableReader& reader, const Topology*& topology, const HeaderRules*& headers) const;
    // The key "auth": of zones and access rules, and of peers. Null where the secrets cannot be had.
    void read_authentication(TableReader& reader, std::shared_ptr<const Authentication>& out) const;
    std::shared_ptr<const PeerLogin> read_login(TableReader& reader, const std::string& peer) const;
    // A regular expression of RE2, or null with RE2's own message.
    std::shared_ptr<const re2::RE2> expression(const std::string& text, const Place& place,
                                               bool any_case) const;
};

// The word for a route's phones, where else a peer's name stands.
inline constexpr std::string_view kRegistered = "registered";

// The keys of zones, peers and routes that say how dialogs are kept there.
void read_call_rules(TableReader& reader, CallRules& rules);
// The key "register" of a zone.
void read_registration_rules(TableReader& zone_reader, Zone& zone);

// One for each section, in this order: each needs what was read before.
void load_node(TableReader& root, Compilation& compilation);  // [node] [firewall] [limits] [timers]
void load_topologies(TableReader& root, Compilation& compilation);
void load_headers(TableReader& root, Compilation& compilation);
void load_zones(TableReader& root, Compilation& compilation);
void read_listener(const Value& value, Zone& zone, base::ZoneId id, Compilation& compilation);
void check_zones(Compilation& compilation);  // what can be told only when all are read
void load_dns(TableReader& root, Compilation& compilation);
void load_peers(TableReader& root, Compilation& compilation);
void load_emergency(TableReader& root, Compilation& compilation);
void load_routes(TableReader& root, Compilation& compilation);
// Whom phones of zones with `survive` register with, once the routes are known.
void mark_registrars(Compilation& compilation);
void load_access(TableReader& root, Compilation& compilation);

// Of one peer: load_peer_care.cc.
void read_peer_limits(TableReader& peer_reader, Peer& peer, Complaints& complaints);
void read_peer_watch(TableReader& reader, Peer& peer, Complaints& complaints);

}  // namespace policy
