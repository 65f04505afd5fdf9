// `register` of [zones.NAME]: how phones register through us from there.
#include <algorithm>

#include "policy/compilation.hh"

namespace policy {
namespace {

constexpr auto kShortest = std::chrono::seconds(10);
constexpr auto kLongest = std::chrono::hours(24);

void read_time(TableReader& reader, std::string_view key, base::Duration& time) {
    if (reader.read(key, time) && (time < kShortest || time > kLongest))
        reader.complaints().error(reader.find(key)->place,
                                  '"' + std::string(key) + "\" must be from \"10s\" to \"24h\"");
}

// survive = "8h", or { for = "8h", expires = "30s" }.
void read_survival(TableReader& reader, std::optional<Survival>& out) {
    const Value* value = reader.find("survive");
    if (!value) return;
    auto& survival = out.emplace();
    const Place* place = &value->place;
    if (const Table* table = value->as<Table>()) {
        TableReader inner(*table, value->place, "\"survive\"", reader.complaints());
        inner.read("for", survival.within);
        read_time(inner, "expires", survival.expires);
        if (const Value* within = inner.find("for")) place = &within->place;
        inner.finish();
    } else if (!reader.read("survive", survival.within)) {
        return;
    }
    if (survival.within < std::chrono::minutes(1) || survival.within > std::chrono::hours(24 * 30))
        reader.complaints().error(*place, "phones survive their registrar for \"1m\" to \"30d\"");
}

bool takes_registers(const Route& route) {
    const auto& methods = route.match.methods;
    return methods.empty() || std::ranges::find(methods, "REGISTER") != methods.end();
}

}  // namespace

void read_registration_rules(TableReader& zone_reader, Zone& zone) {
    const Table* table = zone_reader.table("register");
    if (!table) return;
    const Place& place = zone_reader.find("register")->place;
    TableReader reader(*table, place, "\"register\" of zone \"" + zone.name + '"', zone_reader.complaints());
    auto& rules = zone.registrations.emplace();
    read_time(reader, "client_expires", rules.client_expires);
    read_time(reader, "registrar_expires", rules.registrar_expires);
    if (rules.registrar_expires < rules.client_expires)
        reader.complaints().error(place, "\"registrar_expires\" may not be below \"client_expires\"");
    int word = 0;
    if (reader.read_choice("proof", {{"flow", 0}, {"credentials", 1}}, word))
        rules.proof = static_cast<RefreshProof>(word);
    reader.read("deregister", rules.deregister);
    std::uint64_t contacts = 0;
    if (reader.read_number("contacts", 1, 100, contacts)) rules.contacts = static_cast<std::uint32_t>(contacts);
    read_survival(reader, rules.survive);
    reader.finish();
}

void mark_registrars(Compilation& compilation) {
    auto& snapshot = compilation.snapshot;
    for (std::size_t z = 0; z < snapshot.zones.size(); ++z) {
        const auto& zone = snapshot.zones[z];
        if (!zone.registrations || !zone.registrations->survive) continue;
        const auto from_here = [&](const Origin& origin) { return origin.zone.value == z; };
        bool registers = false;
        for (const Route& route : compilation.rules.routes)
            if (takes_registers(route) && std::ranges::any_of(route.from, from_here))
                for (const RouteTarget& target : route.to) registers = snapshot.peers[target.peer.value].outlived = true;
        if (!registers)
            compilation.complaints.warning(zone.place, "no phone of zone \"" + zone.name +
                                                           "\" has a registrar to survive: no route takes its REGISTERs");
    }
}

}  // namespace policy
