// The listeners of [zones.NAME]: which doors a zone has, and by which address others know them.
#include <algorithm>

#include "policy/compilation.hh"

namespace policy {
namespace {

// "udp:203.0.113.1:5060" to its parts, or a complaint.
std::optional<DeclaredListener> parse_listener(const std::string& text, const Place& place, base::ZoneId zone,
                                               Complaints& complaints) {
    const auto colon = text.find(':');
    const auto transport = base::parse_transport(std::string_view(text).substr(0, colon));
    const auto local =
        colon == std::string::npos ? std::nullopt : base::Endpoint::parse(text.substr(colon + 1));
    if (!transport || !local) {
        complaints.error(place, "\"" + text +
                                    "\" is no listener; write \"udp:203.0.113.1:5060\" or "
                                    "\"tcp:[2001:db8::1]:5060\" (transports: udp, tcp, tls, ws, wss)");
        return std::nullopt;
    }
    if (local->port == 0) {
        complaints.error(place, "a listener needs a port, not 0; write 5060");
        return std::nullopt;
    }
    if (local->address.is_unspecified() || local->address.is_multicast() || local->address.is_link_local()) {
        complaints.error(place, "a listener needs one global address of this host, not " +
                                    local->address.to_string() + ": it stands in every Via and Contact");
        return std::nullopt;
    }
    return DeclaredListener{zone, *transport, *local, place};
}

// "198.51.100.7" or "198.51.100.7:5060".
void read_advertised(TableReader& reader, const base::Endpoint& local, base::Endpoint& advertised) {
    std::string text;
    if (!reader.read("advertise", text)) return;
    const Place& place = reader.find("advertise")->place;
    if (const auto address = base::Address::parse(text))
        advertised.address = *address;
    else if (const auto endpoint = base::Endpoint::parse(text))
        advertised = *endpoint;
    else {
        reader.complaints().error(
            place, "\"" + text + "\" is no address; write \"198.51.100.7\" or \"198.51.100.7:5060\"");
        return;
    }
    if (advertised.address.is_v4() != local.address.is_v4())
        reader.complaints().error(
            place, "the advertised address must be of the same family as " + local.address.to_string());
}

void add_listener(const DeclaredListener& declared, const base::Endpoint& advertised, Zone& zone,
                  Compilation& compilation) {
    for (const DeclaredListener& other : compilation.listeners)
        if (other.transport == declared.transport && other.local == declared.local) {
            compilation.complaints.error(declared.place,
                                         "this listener was given before, at " + other.place.to_string());
            compilation.half_read.push_back(declared.zone);
            return;
        }
    if (compilation.host && !compilation.host->may_bind(declared.local.address))
        compilation.complaints.error(
            declared.place, declared.local.address.to_string() +
                                " is not an address of this host; add it to an interface, or "
                                "set sysctl net.ipv4.ip_nonlocal_bind=1 where it moves between hosts");
    compilation.listeners.push_back(declared);
    if (base::is_secure(declared.transport) && !zone.tls.server) {
        if (std::ranges::find(compilation.half_read, declared.zone) != compilation.half_read.end()) return;
        compilation.complaints.warning(
            declared.place, "there is no certificate for this " + std::string(base::name_of(declared.transport)) +
                                " listener, and it is left closed; write tls = { certificate = \"FILE\", key = "
                                "\"FILE\" } in the zone");
        return;
    }
    auto& listeners = compilation.snapshot.listeners;
    const base::ListenerId id{static_cast<std::uint16_t>(listeners.size())};
    listeners.push_back({id, declared.zone, declared.transport, declared.local, advertised});
    zone.listeners.push_back(id);
}

}  // namespace

void read_listener(const Value& value, Zone& zone, base::ZoneId id, Compilation& compilation) {
    Complaints& complaints = compilation.complaints;
    if (const auto* text = value.as<std::string>()) {
        if (const auto declared = parse_listener(*text, value.place, id, complaints))
            add_listener(*declared, declared->local, zone, compilation);
        else
            compilation.half_read.push_back(id);
        return;
    }
    const Table* table = value.as<Table>();
    if (!table) {
        complaints.error(value.place, "a listener is written \"udp:203.0.113.1:5060\", this is " +
                                          std::string(kind_of(value)));
        compilation.half_read.push_back(id);
        return;
    }
    TableReader reader(*table, value.place, "a listener", complaints);
    std::string text;
    if (reader.need("bind", "bind = \"udp:203.0.113.1:5060\"") && reader.read("bind", text))
        if (const auto declared = parse_listener(text, value.place, id, complaints)) {
            base::Endpoint advertised = declared->local;
            read_advertised(reader, declared->local, advertised);
            add_listener(*declared, advertised, zone, compilation);
        }
    reader.find("advertise");
    reader.finish();
}

}  // namespace policy
