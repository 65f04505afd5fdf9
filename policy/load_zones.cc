// [zones.NAME]: the networks that we stand between: doors for signalling, addresses for media, trust, NAT.
#include <algorithm>

#include "policy/compilation.hh"
#include "policy/loader_tls.hh"

namespace policy {
namespace {

constexpr unsigned kFewestPorts = 4;
constexpr unsigned kFewPorts = 100;
constexpr std::uint16_t kFirstUnprivileged = 1024;
constexpr std::size_t kMostZones = 1024;

std::optional<base::Address> read_media_address(TableReader& reader, std::string_view key) {
    std::string text;
    if (!reader.read(key, text)) return std::nullopt;
    const auto address = base::Address::parse(text);
    if (address && !address->is_unspecified() && !address->is_multicast() && !address->is_link_local())
        return address;
    reader.complaints().error(
        reader.find(key)->place,
        "\"" + text + "\" is no address that media could be sent to; write \"203.0.113.1\"");
    return std::nullopt;
}

std::optional<PortRange> read_media_ports(TableReader& reader, const Compilation& compilation) {
    std::string text;
    if (!reader.need("ports", "ports = \"20000-29999\"") || !reader.read("ports", text)) return std::nullopt;
    const Place& place = reader.find("ports")->place;
    Complaints& complaints = reader.complaints();
    const auto ports = parse_ports(text);
    if (!ports) {
        complaints.error(place, "\"" + text + "\" is no range of ports; write \"20000-29999\"");
        return std::nullopt;
    }
    const unsigned count = ports->last - ports->first + 1U;
    if (ports->first % 2 != 0 || ports->last % 2 == 0)
        complaints.error(place,
                         "RTP takes an even port and RTCP the odd one above it (RFC 3550, 11): begin with an "
                         "even port and end with an odd one, \"20000-29999\"");
    else if (ports->first < kFirstUnprivileged)
        complaints.error(place, "ports below 1024 are not for media");
    else if (count < kFewestPorts)
        complaints.error(place, "the range is too small for a single call: a stream takes 2 ports");
    else if (count < kFewPorts)
        complaints.warning(
            place, "the range carries no more than " + std::to_string(count / 2) + " streams at once");
    if (compilation.host && compilation.host->may_hand_out(*ports))
        complaints.warning(
            place,
            "the kernel may give these ports to other programs (net.ipv4.ip_local_port_range); "
            "set sysctl net.ipv4.ip_local_reserved_ports=" +
                text);
    return ports;
}

void read_media(const Value& value, Zone& zone, base::ZoneId id, Compilation& compilation) {
    Complaints& complaints = compilation.complaints;
    const Table* table = value.as<Table>();
    if (!table) {
        complaints.error(value.place,
                         "\"media\" is written { address = \"203.0.113.1\", ports = \"20000-29999\" }, or a "
                         "list of such tables");
        return;
    }
    TableReader reader(*table, value.place, "\"media\"", complaints);
    reader.need("address", "address = \"203.0.113.1\"");
    const auto address = read_media_address(reader, "address");
    const auto ports = read_media_ports(reader, compilation);
    const auto advertised = read_media_address(reader, "advertise");
    reader.finish();
    if (!address || !ports) return;
    if (advertised && advertised->is_v4() != address->is_v4())
        complaints.error(reader.find("advertise")->place,
                         "the advertised address must be of the same family as " + address->to_string());
    for (const MediaAddress& other : zone.media)
        if (other.address.is_v4() == address->is_v4())
            complaints.error(value.place, "a zone has one media address of each family, IPv4 and IPv6");
    if (compilation.host && !compilation.host->may_bind(*address))
        complaints.error(reader.find("address")->place,
                         address->to_string() + " is not an address of this host; add it to an interface");
    zone.media.push_back({*address, advertised.value_or(*address), *ports});
    compilation.media.push_back({id, *address, *ports, reader.find("ports")->place});
}

void read_media_rules(TableReader& reader, std::string_view name, Zone& zone) {
    const Table* table = reader.table("timers");
    if (!table) return;
    TableReader timers(*table, reader.find("timers")->place, "[zones." + std::string(name) + ".timers]",
                       reader.complaints());
    timers.read("media_inactivity", zone.media_rules.inactivity);
    timers.read("media_inactivity_on_hold", zone.media_rules.inactivity_on_hold);
    timers.finish();
}

void read_web_socket(TableReader& reader, Zone& zone, base::ZoneId id, const Compilation& compilation) {
    bool any = false;
    if (reader.read("ws_path", zone.web_socket.path)) {
        any = true;
        if (!zone.web_socket.path.starts_with('/'))
            reader.complaints().error(reader.find("ws_path")->place,
                                      "\"" + zone.web_socket.path + "\" is no path; write \"/ws\"");
    }
    any |= reader.read_words("ws_origins", [&](const std::string& origin, const Place& place) {
        const auto host = origin.find("://");
        if (host == std::string::npos || origin.find('/', host + 3) != std::string::npos)
            reader.complaints().error(place, "\"" + origin + "\" is no origin; write \"https://phone.example\"");
        zone.web_socket.origins.push_back(origin);
    });
    const bool has_door = std::ranges::any_of(compilation.listeners, [&](const DeclaredListener& listener) {
        return listener.zone == id && base::is_web_socket(listener.transport);
    });
    if (any && !has_door)
        reader.complaints().error(reader.find(zone.web_socket.origins.empty() ? "ws_path" : "ws_origins")->place,
                                  "the zone has no WebSocket door; add \"wss:ADDRESS:443\" to its listen");
}

void load_zone(const Entry& entry, const MediaRules& media_rules, Compilation& compilation) {
    const Table* table = entry.value.as<Table>();
    if (!table) {
        compilation.complaints.error(entry.value.place, "\"" + entry.key + "\" must be a table, this is " +
                                                            std::string(kind_of(entry.value)));
        return;
    }
    auto& zones = compilation.snapshot.zones;
    const base::ZoneId id{static_cast<std::uint16_t>(zones.size())};
    Zone zone;
    zone.name = entry.key;
    zone.place = entry.place;
    zone.media_rules = media_rules;
    TableReader reader(*table, entry.place, "[zones." + entry.key + "]", compilation.complaints);
    read_zone_tls(reader, zone, id, compilation);
    if (const Value* listen = reader.need("listen", "listen = [\"udp:203.0.113.1:5060\"]")) {
        if (const Array* items = listen->as<Array>())
            for (const Value& item : *items) read_listener(item, zone, id, compilation);
        else
            read_listener(*listen, zone, id, compilation);
    }
    if (const Value* media =
            reader.need("media", "media = { address = \"203.0.113.1\", ports = \"20000-29999\" }")) {
        if (const Array* items = media->as<Array>())
            for (const Value& item : *items) read_media(item, zone, id, compilation);
        else
            read_media(*media, zone, id, compilation);
    }
    reader.read("trusted", zone.trusted);
    int nat = 0;
    if (reader.read_choice("nat", {{"none", 0}, {"far-end", 1}}, nat))
        zone.nat = nat ? NatMode::far_end : NatMode::none;
    if (!zone.trusted) zone.topology = compilation.snapshot.topologies.at("hide-all").get();
    compilation.read_attachments(reader, zone.topology, zone.headers);
    read_call_rules(reader, zone.call_rules);
    read_registration_rules(reader, zone);
    read_media_rules(reader, entry.key, zone);
    read_web_socket(reader, zone, id, compilation);
    compilation.read_authentication(reader, zone.auth);
    reader.finish();
    compilation.zones.emplace(entry.key, id);
    zones.push_back(std::move(zone));
}

bool overlap(const PortRange& a, const PortRange& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

void load_zones(TableReader& root, Compilation& compilation) {
    MediaRules media_rules;
    if (const Table* table = root.table("media")) {
        TableReader reader(*table, root.find("media")->place, "[media]", compilation.complaints);
        reader.read("inactivity", media_rules.inactivity);
        reader.read("inactivity_on_hold", media_rules.inactivity_on_hold);
        reader.finish();
    }
    if (!root.need("zones", "[zones.outside] with listen and media, and [zones.inside]")) return;
    const Table* zones = root.table("zones");
    if (!zones) return;
    if (zones->entries.empty())
        compilation.complaints.error(root.find("zones")->place, "there is no zone; write [zones.outside]");
    if (zones->entries.size() > kMostZones)
        compilation.complaints.error(root.find("zones")->place, "more than 1024 zones");
    else
        for (const Entry& entry : zones->entries) load_zone(entry, media_rules, compilation);
}

void check_zones(Compilation& compilation) {
    const auto& media = compilation.media;
    for (std::size_t i = 0; i < media.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (media[i].address == media[j].address && overlap(media[i].ports, media[j].ports))
                compilation.complaints.error(media[i].place,
                                             "these ports overlap those of zone \"" +
                                                 compilation.snapshot.zone(media[j].zone).name +
                                                 "\" on the same address, at " + media[j].place.to_string());
    for (const DeclaredListener& listener : compilation.listeners)
        for (const DeclaredMedia& range : media)
            if (listener.local.address == range.address &&
                overlap({listener.local.port, listener.local.port}, range.ports))
                compilation.complaints.error(listener.place,
                                             "port " + std::to_string(listener.local.port) +
                                                 " lies inside the media ports of the same address, at " +
                                                 range.place.to_string());
}

}  // namespace policy
