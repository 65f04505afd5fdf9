// Names to indices, for all of the loader's parts.
#include "policy/compilation.hh"

#include <re2/re2.h>

namespace policy {
namespace {

template <class Map>
std::vector<std::string> names_in(const Map& map) {
    std::vector<std::string> names;
    for (const auto& [name, value] : map) names.push_back(name);
    return names;
}

template <class Map>
auto named(const Map& map, const std::string& name, const Place& place, std::string_view kind,
           Complaints& complaints) -> const typename Map::mapped_type* {
    const auto found = map.find(name);
    if (found != map.end()) return &found->second;
    complaints.error(
        place, "there is no " + std::string(kind) + " \"" + name + '"' + suggestion(name, names_in(map)));
    return nullptr;
}

}  // namespace

std::optional<base::ZoneId> Compilation::zone_named(const std::string& name, const Place& place) const {
    const auto* id = named(zones, name, place, "zone", complaints);
    return id ? std::optional(*id) : std::nullopt;
}

std::optional<base::PeerId> Compilation::peer_named(const std::string& name, const Place& place) const {
    const auto* id = named(peers, name, place, "peer", complaints);
    return id ? std::optional(*id) : std::nullopt;
}

void Compilation::read_attachments(TableReader& reader, const Topology*& topology,
                                   const HeaderRules*& headers) const {
    std::string name;
    if (reader.read("topology", name))
        if (const auto* found =
                named(snapshot.topologies, name, reader.find("topology")->place, "topology", complaints))
            topology = found->get();
    if (reader.read("headers", name))
        if (const auto* found = named(snapshot.header_rules, name, reader.find("headers")->place,
                                      "headers profile", complaints))
            headers = found->get();
}

std::shared_ptr<const re2::RE2> Compilation::expression(const std::string& text, const Place& place,
                                                        bool any_case) const {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!any_case);
    auto regex = std::make_shared<const re2::RE2>(text, options);
    if (regex->ok()) return regex;
    complaints.error(place, "'" + text + "' is no regular expression (RE2): " + regex->error());
    return nullptr;
}

}  // namespace policy
