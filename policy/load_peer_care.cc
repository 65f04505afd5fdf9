// Of [peers.NAME]: how much a peer gets ("limits") and how it is watched ("probe", "blacklist").
#include "policy/compilation.hh"

namespace policy {
namespace {

constexpr std::uint64_t kMostCalls = 10'000'000, kMostPerSecond = 1'000'000;

void read_calls(TableReader& reader, std::string_view key, std::optional<std::uint32_t>& out) {
    std::uint64_t number = 0;
    if (reader.read_number(key, 0, kMostCalls, number)) out = static_cast<std::uint32_t>(number);
}

void read_per_second(TableReader& reader, std::string_view key, std::optional<double>& out) {
    std::uint64_t number = 0;
    const Value* value = reader.find(key);
    if (value && value->as<double>() && *value->as<double>() > 0)
        out = *value->as<double>();
    else if (value && value->as<double>())
        reader.complaints().error(value->place, "\"" + std::string(key) + "\" must be more than 0");
    else if (reader.read_number(key, 1, kMostPerSecond, number))
        out = static_cast<double>(number);
}

void read_probe_table(const Table& table, const Place& place, Peer& peer, Complaints& complaints) {
    TableReader reader(table, place, "\"probe\" of peer \"" + peer.name + '"', complaints);
    if (reader.need("every", "probe = { every = \"30s\", down_after = 2 }")) reader.read("every", peer.probe);
    std::uint64_t number = 1;
    if (reader.read_number("down_after", 1, 100, number)) peer.probe_down_after = static_cast<unsigned>(number);
    if (reader.read_number("up_after", 1, 100, number = 1)) peer.probe_up_after = static_cast<unsigned>(number);
    reader.finish();
}

}  // namespace

void read_peer_limits(TableReader& peer_reader, Peer& peer, Complaints& complaints) {
    const Table* table = peer_reader.table("limits");
    if (!table) return;
    TableReader reader(*table, peer_reader.find("limits")->place, "[peers." + peer.name + ".limits]", complaints);
    read_calls(reader, "calls", peer.limits.calls);
    read_calls(reader, "calls_in", peer.limits.calls_in);
    read_calls(reader, "calls_out", peer.limits.calls_out);
    read_per_second(reader, "cps", peer.limits.calls_per_second);
    read_per_second(reader, "cps_in", peer.limits.cps_in);
    read_per_second(reader, "cps_out", peer.limits.cps_out);
    std::uint64_t number = 0;
    if (reader.read_number("bandwidth", 1, 1'000'000'000, number)) peer.limits.bandwidth = number;
    read_calls(reader, "registers", peer.limits.registers);
    read_per_second(reader, "registers_per_second", peer.limits.registers_per_second);
    if (reader.read("retry_after", peer.limits.retry_after) &&
        (peer.limits.retry_after < std::chrono::seconds(2) || peer.limits.retry_after > std::chrono::hours(1)))
        complaints.error(reader.find("retry_after")->place, "\"retry_after\" must be from \"2s\" to \"1h\"");
    reader.finish();
}

void read_peer_watch(TableReader& reader, Peer& peer, Complaints& complaints) {
    const Value* probe = reader.find("probe");
    if (const Table* table = probe ? probe->as<Table>() : nullptr)
        read_probe_table(*table, probe->place, peer, complaints);
    else
        reader.read("probe", peer.probe);
    if (peer.probe != base::Duration{0} && peer.probe < std::chrono::seconds(1))
        complaints.error(probe->place, "\"probe\" must be at least \"1s\", or \"0s\" for never");
    if (reader.read("blacklist", peer.blacklist) && peer.blacklist > std::chrono::hours(1))
        complaints.error(reader.find("blacklist")->place, "\"blacklist\" must be at most \"1h\"");
}

}  // namespace policy
