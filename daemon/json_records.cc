#include "daemon/json_records.hh"

#include <boost/json.hpp>

#include "daemon/clock.hh"
#include "daemon/json_views.hh"

namespace sallyportd {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;                  // of the schema: it counts up when a field changes its meaning

json::value time_or_null(const std::optional<base::Time>& moment) {
    return moment ? json::value(rfc3339(*moment)) : json::value(nullptr);
}

// Milliseconds from the attempt's start.
json::value delay_or_null(const sbc::CallRecord& record, const std::optional<base::Time>& moment) {
    if (!moment) return nullptr;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*moment - record.call.started).count();
}

double seconds_answered(const sbc::CallRecord& record) {
    if (!record.call.answered) return 0;
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(record.ended - *record.call.answered);
    return static_cast<double>(length.count()) / 1000;
}

json::object side_of(const std::string& zone, const std::string& peer, const sbc::CallRecord::Door& door) {
    return {{"zone", zone}, {"peer", peer}, {"endpoint", door.endpoint}, {"call_id", door.call_id}};
}

std::string_view name_of(sbc::Ender ender) {
    switch (ender) {
        case sbc::Ender::a: return "a";
        case sbc::Ender::b: return "b";
        case sbc::Ender::us: return "us";
    }
    return {};
}

}  // namespace

std::string line_of(const sbc::CallRecord& record, std::string_view node) {
    const auto& call = record.call;
    json::array streams;
    for (const auto& stream : call.streams) {
        auto object = to_json(stream);
        object.erase("call");                // it stands above
        streams.push_back(std::move(object));
    }
    json::array branches;
    for (const auto& branch : record.branches)
        branches.push_back(json::object{{"id", branch.id}, {"peer", branch.peer}, {"endpoint", branch.door.endpoint},
                                        {"call_id", branch.door.call_id}, {"status", branch.status}});
    const json::object line{{"version", kVersion},
                            {"id", call.id},
                            {"node", node},
                            {"policy_hash", record.policy_hash},
                            {"route", call.route},
                            {"from", call.from},
                            {"to", call.to},
                            {"requested", record.requested},
                            {"started", rfc3339(call.started)},
                            {"ringing", time_or_null(record.ringing)},
                            {"answered", time_or_null(call.answered)},
                            {"ended", rfc3339(record.ended)},
                            {"ringing_ms", delay_or_null(record, record.ringing)},
                            {"answered_ms", delay_or_null(record, call.answered)},
                            {"seconds", seconds_answered(record)},
                            {"status", record.status},
                            {"why", record.why},
                            {"ended_by", name_of(record.ended_by)},
                            {"a", side_of(call.zone_a, call.peer_a, record.a)},
                            {"b", side_of(call.zone_b, call.peer_b, record.b)},
                            {"branches", std::move(branches)},
                            {"streams", std::move(streams)}};
    return json::serialize(line) + "\n";
}

}  // namespace sallyportd
