// [[access]]: who may send what, and how often.
#include <algorithm>

#include "policy/compilation.hh"

namespace policy {
namespace {

std::string rate_text(const std::optional<Rate>& rate) {
    return rate ? std::to_string(rate->per_second) + ' ' + std::to_string(rate->burst) : "-";
}

// Equal rules of two policies have equal fingerprints, wherever they stand in the file.
std::uint64_t fingerprint_of(const AccessRule& rule, const Compilation& compilation) {
    std::uint64_t hash = hash_more(kHashStart, compilation.snapshot.zone(rule.zone).name);
    for (const base::Prefix& source : rule.sources) hash = hash_more(hash, '|' + source.to_string());
    for (const base::PeerId peer : rule.peers)
        hash = hash_more(hash, '@' + compilation.snapshot.peer(peer).name);
    for (const std::string& method : rule.methods) hash = hash_more(hash, '#' + method);
    return hash_more(hash,
                     (rule.allow ? "+" : "-") + rate_text(rule.rate) + '/' + rate_text(rule.total_rate));
}

void load_rule(const Value& value, Compilation& compilation) {
    const Table* table = value.as<Table>();
    if (!table) {
        compilation.complaints.error(value.place, "an access rule is a table; write [[access]]");
        return;
    }
    AccessRule rule;
    rule.place = value.place;
    rule.name = "access " + std::to_string(compilation.rules.access.size() + 1);
    TableReader reader(*table, value.place, "[[access]]", compilation.complaints);
    reader.read("name", rule.name);
    std::string zone;
    std::optional<base::ZoneId> id;
    if (reader.need("from", "from = \"outside\" (a zone)") && reader.read("from", zone))
        id = compilation.zone_named(zone, reader.find("from")->place);
    reader.read_prefixes("source", rule.sources);
    reader.read_words("peer", [&](const std::string& name, const Place& place) {
        const auto peer = compilation.peer_named(name, place);
        if (!peer) return;
        if (id && compilation.snapshot.peer(*peer).zone != *id)
            compilation.complaints.error(place, "peer \"" + name + "\" is not in zone \"" + zone + '"');
        rule.peers.push_back(*peer);
    });
    reader.read_methods("methods", rule.methods);
    int allow = 1;
    reader.read_choice("action", {{"allow", 1}, {"deny", 0}}, allow);
    rule.allow = allow != 0;
    reader.read_rate("rate", rule.rate);
    reader.read_rate("total_rate", rule.total_rate);
    if (!rule.allow && (rule.rate || rule.total_rate))
        compilation.complaints.error(value.place, "a rule that denies has no rate");
    rule.auth_is_said = reader.find("auth") != nullptr;
    compilation.rules.auth_is_said |= rule.auth_is_said;
    if (bool off = false; rule.auth_is_said && reader.find("auth")->as<bool>()) {
        if (reader.read("auth", off) && off)
            compilation.complaints.error(reader.find("auth")->place, "\"auth\" is a table, or false: what the zone asks is not asked here");
    } else {
        compilation.read_authentication(reader, rule.auth);
    }
    if (!rule.allow && rule.auth_is_said)
        compilation.complaints.error(value.place, "a rule that denies asks for no password");
    reader.finish();
    if (!id) return;
    rule.zone = *id;
    rule.fingerprint = fingerprint_of(rule, compilation);
    compilation.rules.access.push_back(std::move(rule));
}

// Default-deny is easily forgotten: an untrusted zone into which nobody can call is hardly what was meant.
void check_open(const Compilation& compilation) {
    const Snapshot& snapshot = compilation.snapshot;
    for (const auto& [name, id] : compilation.zones) {
        const base::ZoneId zone = id;
        const auto of_zone = [&](const auto& item) { return item.zone == zone; };
        if (!snapshot.zone(zone).trusted && std::ranges::none_of(compilation.rules.access, of_zone) &&
            std::ranges::none_of(snapshot.peers, of_zone))
            compilation.complaints.warning(snapshot.zone(zone).place,
                                           "zone \"" + name +
                                               "\" is not trusted and has no peer and no access rule: "
                                               "nobody there is let in; write [[access]] with from = \"" +
                                               name + '"');
    }
}

}  // namespace

void load_access(TableReader& root, Compilation& compilation) {
    if (const Array* access = root.list("access"))
        for (const Value& value : *access) load_rule(value, compilation);
    check_open(compilation);
}

}  // namespace policy
