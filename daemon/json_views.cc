#include "daemon/json_views.hh"

#include <boost/json.hpp>

#include <algorithm>
#include <unordered_map>

#include "daemon/clock.hh"

namespace sallyportd {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::optional<base::Endpoint>& endpoint) {
    return endpoint ? json::value(endpoint->to_string()) : json::value(nullptr);
}

json::object end_to_json(const sbc::StreamEndView& end) {
    return {{"local", end.local.to_string()},       {"remote", text_or_null(end.remote)},
            {"latched", text_or_null(end.latched)}, {"packets", end.packets},
            {"bytes", end.bytes},                   {"lost", end.lost},
            {"dropped", end.dropped},               {"jitter_ms", end.jitter_ms}};
}

json::object reasons_to_json(const std::array<std::uint64_t, base::kReasonCount>& counts) {
    json::object object;
    for (int i = 0; i < base::kReasonCount; ++i)
        if (counts[static_cast<std::size_t>(i)])
            object[name_of(static_cast<base::Reason>(i))] = counts[static_cast<std::size_t>(i)];
    return object;
}

// RTP and RTCP of one pair of ports belong to the same call.
base::Endpoint pair_of(base::Endpoint local) {
    local.port &= 0xfffe;
    return local;
}

std::string text_of(const nft::Pinhole& pinhole) {
    switch (pinhole.width) {
        case nft::Width::exact: return pinhole.remote.to_string();
        case nft::Width::address: return base::host_text(pinhole.remote.address) + ":*";
        case nft::Width::zone: return "*";
    }
    return "*";
}

}  // namespace

json::object to_json(const sbc::CallView& call) {
    return {{"id", call.id},           {"state", call.state},   {"from", call.from},
            {"to", call.to},           {"zone_a", call.zone_a}, {"zone_b", call.zone_b},
            {"peer_a", call.peer_a},   {"peer_b", call.peer_b}, {"route", call.route},
            {"emergency", call.emergency},
            {"started", rfc3339(call.started)},
            {"answered", call.answered ? json::value(rfc3339(*call.answered)) : json::value(nullptr)},
            {"streams", call.streams.size()}};
}

json::object to_json_with_streams(const sbc::CallView& call) {
    json::object object = to_json(call);
    json::array streams;
    for (const auto& stream : call.streams) streams.push_back(to_json(stream));
    object["streams"] = std::move(streams);
    return object;
}

json::object to_json(const sbc::StreamView& stream) {
    return {{"call", stream.call},
            {"media", stream.media},
            {"a", end_to_json(stream.a)},
            {"b", end_to_json(stream.b)},
            {"path", stream.path}};
}

json::object to_json(const sbc::RegistrationView& registration) {
    return {{"aor", registration.aor},
            {"contact", registration.contact},
            {"flow", registration.flow},
            {"zone", registration.zone},
            {"registered", rfc3339(registration.registered)},
            {"expires", rfc3339(registration.expires)},
            {"peer", registration.peer},
            {"registrar_expires", rfc3339(registration.registrar_expires)},
            {"surviving", registration.surviving}};
}

json::object to_json(const sbc::TargetView& target) {
    return {{"address", target.address.to_string()}, {"transport", base::name_of(target.transport)},
            {"name", target.name},                   {"priority", target.priority},
            {"weight", target.weight},               {"state", target.state},
            {"why", target.why},                     {"calls", target.calls}};
}

json::object to_json(const sbc::PeerView& peer) {
    json::array targets;
    for (const auto& target : peer.targets) targets.push_back(to_json(target));
    json::object object{{"name", peer.name},         {"zone", peer.zone},   {"uri", peer.uri}, {"state", peer.state},
                        {"draining", peer.draining}, {"calls", peer.calls}, {"why", peer.why}, {"targets", std::move(targets)}};
    if (peer.registered) {
        object["registered"] = *peer.registered;
        object["expires_s"] = peer.expires_s;
        object["last_failure"] = peer.last_failure;
    }
    return object;
}

json::object to_json(const sbc::Totals& totals) {
    return {{"calls", totals.calls},
            {"calls_total", totals.calls_total},
            {"calls_answered", totals.calls_answered},
            {"calls_failed", totals.calls_failed},
            {"calls_restored", totals.calls_restored},
            {"journal_dropped", totals.journal_dropped},
            {"registrations", totals.registrations},
            {"registers_relayed", totals.registers_relayed},
            {"registers_answered", totals.registers_answered},
            {"registers_survived", totals.registers_survived},
            {"calls_survived", totals.calls_survived},
            {"registrars_gone", json::array(totals.registrars_gone.begin(), totals.registrars_gone.end())},
            {"transactions", totals.transactions},
            {"ports_in_use", totals.ports_in_use},
            {"pinholes", totals.pinholes},
            {"streams", totals.streams}};
}

json::object to_json(const Counters& counters) {
    return {{"messages", counters.messages},
            {"handed_over", counters.handed_over},
            {"sent", counters.sent},
            {"answers_withheld", counters.answers_withheld},
            {"media_packets", counters.media_packets},
            {"media_send_failures", counters.media_send_failures},
            {"connections", counters.connections},
            {"connections_refused", counters.connections_refused},
            {"datagrams_lost", counters.datagrams_lost},
            {"records_lost", counters.records_lost},
            {"refused", reasons_to_json(counters.refused)},
            {"media_dropped", reasons_to_json(counters.media_dropped)}};
}

json::array to_json(std::span<const nft::PinholeStatus> pinholes, std::span<const sbc::CallView> calls) {
    std::unordered_map<base::Endpoint, const std::string*> owners;
    for (const auto& call : calls)
        for (const auto& stream : call.streams)
            owners[pair_of(stream.a.local)] = owners[pair_of(stream.b.local)] = &call.id;
    json::array array;
    for (const auto& status : pinholes) {
        const auto owner = owners.find(pair_of(status.pinhole.local));
        const auto counted = [&](std::uint64_t count) {
            return status.pinhole.width == nft::Width::exact ? json::value(count) : json::value(nullptr);
        };
        array.push_back(json::object{{"call", owner == owners.end() ? std::string() : *owner->second},
                                     {"proto", status.pinhole.protocol == nft::Protocol::udp ? "udp" : "tcp"},
                                     {"local", status.pinhole.local.to_string()},
                                     {"remote", text_of(status.pinhole)},
                                     {"packets", counted(status.packets)},
                                     {"bytes", counted(status.bytes)},
                                     {"expires_s", status.expires_s}});
    }
    return array;
}

namespace {

// One worker that was answered knows better than one that never asked; one that is passing over, better than that.
void merge_state(std::string& state, std::string& why, const std::string& other_state, const std::string& other_why) {
    if (other_state == "unknown" || state == "up" || (other_state == "passed_over" && state == "down")) return;
    state = other_state;
    why = other_why;
}

void merge_targets(std::vector<sbc::TargetView>& known, const std::vector<sbc::TargetView>& others) {
    for (const auto& other : others) {
        const auto same = std::ranges::find_if(known, [&](const sbc::TargetView& target) {
            return target.address == other.address && target.transport == other.transport;
        });
        if (same == known.end()) {
            known.push_back(other);
            continue;
        }
        same->calls += other.calls;
        merge_state(same->state, same->why, other.state, other.why);
    }
}

}  // namespace

std::vector<sbc::PeerView> merged(std::span<const std::vector<sbc::PeerView>> of_workers) {
    std::vector<sbc::PeerView> peers;
    for (const auto& views : of_workers) {
        for (const auto& view : views) {
            const auto known = std::ranges::find(peers, view.name, &sbc::PeerView::name);
            if (known == peers.end()) {
                peers.push_back(view);
                continue;
            }
            known->calls += view.calls;
            if (view.registered) {
                known->registered = view.registered;
                known->expires_s = view.expires_s;
                known->last_failure = view.last_failure;
            }
            known->draining = known->draining || view.draining;
            merge_state(known->state, known->why, view.state, view.why);
            merge_targets(known->targets, view.targets);
        }
    }
    return peers;
}

sbc::Totals sum(std::span<const sbc::Totals> of_workers) {
    sbc::Totals all;
    for (const auto& one : of_workers) {
        all.calls += one.calls, all.calls_total += one.calls_total;
        all.calls_answered += one.calls_answered, all.calls_failed += one.calls_failed;
        all.calls_restored += one.calls_restored, all.journal_dropped += one.journal_dropped;
        all.registrations += one.registrations, all.transactions += one.transactions;
        all.registers_relayed += one.registers_relayed, all.registers_answered += one.registers_answered;
        all.registers_survived += one.registers_survived, all.calls_survived += one.calls_survived;
        if (all.registrars_gone.empty()) all.registrars_gone = one.registrars_gone;   // all workers hear the same
        all.ports_in_use += one.ports_in_use, all.pinholes += one.pinholes, all.streams += one.streams;
    }
    return all;
}

}  // namespace sallyportd
