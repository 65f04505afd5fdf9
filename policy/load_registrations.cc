// `register` of [zones.NAME]: how phones register through us from there.
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
    reader.finish();
}

}  // namespace policy
