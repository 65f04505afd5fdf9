// [node], [records], [firewall], [limits] and [timers]: what holds for the whole daemon.
#include <array>

#include "policy/compilation.hh"

namespace policy {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};

void check_absolute(TableReader& reader, std::string_view key, const std::string& path) {
    if (!path.starts_with('/'))
        reader.complaints().error(reader.find(key)->place, "\"" + path + "\" must be an absolute path");
}

void load_node_table(const Table& table, const Place& place, Compilation& compilation) {
    Node& node = compilation.snapshot.node;
    TableReader reader(table, place, "[node]", compilation.complaints);
    reader.read("name", node.name);
    std::uint64_t workers = node.workers;
    if (reader.read_number("workers", 0, 255, workers)) node.workers = static_cast<unsigned>(workers);
    if (reader.read("state_dir", node.state_dir)) check_absolute(reader, "state_dir", node.state_dir);
    if (reader.read("control", node.control)) check_absolute(reader, "control", node.control);
    if (reader.read("http", node.http)) {
        const auto endpoint = base::Endpoint::parse(node.http);
        if (!endpoint || endpoint->port == 0)
            reader.complaints().error(
                reader.find("http")->place,
                "\"" + node.http + "\" is no address and port; write \"127.0.0.1:8060\"");
    }
    if (reader.read("log_file", node.log_file)) check_absolute(reader, "log_file", node.log_file);
    std::vector<Choice> levels;
    for (std::size_t i = 0; i < kLevels.size(); ++i) levels.push_back({kLevels[i], static_cast<int>(i)});
    int level = 1;
    if (reader.read_choice("log_level", levels, level))
        node.log_level = kLevels[static_cast<std::size_t>(level)];
    reader.read("user", node.user);
    reader.finish();
}

void load_records(TableReader& root, Compilation& compilation) {
    Records& records = compilation.snapshot.records;
    records.file = compilation.snapshot.node.state_dir + "/records/calls.jsonl";
    const Table* table = root.table("records");
    if (!table) return;
    TableReader reader(*table, root.find("records")->place, "[records]", compilation.complaints);
    if (reader.read("file", records.file) && !records.file.empty()) check_absolute(reader, "file", records.file);
    std::size_t rotate = records.rotate;
    if (reader.read_size("rotate", 64 << 10, std::size_t{1} << 40, rotate)) records.rotate = rotate;
    std::uint64_t keep = records.keep;
    if (reader.read_number("keep", 0, 1000, keep)) records.keep = static_cast<unsigned>(keep);
    reader.finish();
}

void load_firewall(const Table& table, const Place& place, Compilation& compilation) {
    Firewall& firewall = compilation.snapshot.firewall;
    TableReader reader(table, place, "[firewall]", compilation.complaints);
    int enforce = firewall.enforce;
    reader.read_choice("mode", {{"enforce", 1}, {"off", 0}}, enforce);
    firewall.enforce = enforce != 0;
    if (reader.read("table", firewall.table)) {
        constexpr std::string_view kAllowed =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
        if (firewall.table.empty() || firewall.table.size() > 64 ||
            firewall.table.find_first_not_of(kAllowed) != std::string::npos)
            reader.complaints().error(
                reader.find("table")->place,
                "\"" + firewall.table + "\" is no name for a table; use letters, digits, _ and -");
    }
    std::uint64_t mark = firewall.mark;
    if (reader.read_number("mark", 1, 0xffffffff, mark)) firewall.mark = static_cast<std::uint32_t>(mark);
    if (reader.read("pinhole_timeout", firewall.pinhole_timeout) &&
        firewall.pinhole_timeout < std::chrono::seconds(5))
        reader.complaints().error(
            reader.find("pinhole_timeout")->place,
            "\"pinhole_timeout\" must be at least \"5s\": living calls refresh it in time");
    reader.finish();
}

void load_limits(const Table& table, const Place& place, Compilation& compilation) {
    TableReader reader(table, place, "[limits]", compilation.complaints);
    const auto size = [&](std::string_view key, std::size_t least, std::size_t& out) {
        reader.read_size(key, least, std::size_t{1} << 20, out);
    };
    const auto count = [&](std::string_view key, std::uint64_t most, std::size_t& out) {
        std::uint64_t number = out;
        if (reader.read_number(key, 1, most, number)) out = number;
    };
    sip::Limits& sip = compilation.snapshot.sip_limits;
    size("datagram_bytes", 1024, sip.datagram_bytes);
    size("stream_bytes", 1024, sip.stream_bytes);
    size("line_bytes", 256, sip.line_bytes);
    count("headers", 1024, sip.headers);
    count("list_items", 1024, sip.list_items);
    count("uri_parameters", 256, sip.uri_parameters);
    count("vias", 255, sip.vias);
    count("mime_parts", 64, sip.mime_parts);
    count("mime_depth", 8, sip.mime_depth);
    sdp::Limits& sdp = compilation.snapshot.sdp_limits;
    size("sdp_bytes", 512, sdp.bytes);
    size("sdp_line_bytes", 256, sdp.line_bytes);
    count("sdp_media", 64, sdp.media);
    count("sdp_formats", 256, sdp.formats);
    count("sdp_attributes", 4096, sdp.attributes);
    if (sip.datagram_bytes > 65507)  // IPv4 and UDP headers leave no more
        reader.complaints().error(place,
                                  "\"datagram_bytes\" cannot be more than 65507, the largest UDP datagram");
    reader.finish();
}

void load_timers(const Table& table, const Place& place, Compilation& compilation) {
    Timers& timers = compilation.snapshot.timers;
    TableReader reader(table, place, "[timers]", compilation.complaints);
    const auto at_least = [&](std::string_view key, base::Duration& out, base::Duration least,
                              std::string_view text) {
        if (reader.read(key, out) && out < least)
            reader.complaints().error(reader.find(key)->place,
                                      "\"" + std::string(key) + "\" must be at least " + std::string(text));
    };
    at_least("t1", timers.transaction.t1, std::chrono::milliseconds(10), "\"10ms\"");
    at_least("t2", timers.transaction.t2, std::chrono::milliseconds(10), "\"10ms\"");
    at_least("t4", timers.transaction.t4, std::chrono::milliseconds(10), "\"10ms\"");
    at_least("d", timers.transaction.d, std::chrono::milliseconds(10), "\"10ms\"");
    at_least("c", timers.c, std::chrono::seconds(1), "\"1s\"");
    at_least("max_call", timers.max_call, std::chrono::seconds(1), "\"1s\"");
    if (timers.transaction.t2 < timers.transaction.t1)
        reader.complaints().error(place, "\"t2\" cannot be less than \"t1\" (RFC 3261, 17.1.2.1)");
    reader.finish();
}

}  // namespace

void load_node(TableReader& root, Compilation& compilation) {
    const auto section = [&](std::string_view key, auto load) {
        if (const Table* table = root.table(key)) load(*table, root.find(key)->place, compilation);
    };
    section("node", load_node_table);
    load_records(root, compilation);
    section("firewall", load_firewall);
    section("limits", load_limits);
    section("timers", load_timers);
}

}  // namespace policy
