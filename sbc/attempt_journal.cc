#include "sbc/attempt_journal.hh"

#include <algorithm>

#include "sbc/call_journal.hh"
#include "sbc/call_restore.hh"
#include "sbc/context.hh"
#include "sbc/record_bytes.hh"

namespace sbc {
namespace {

constexpr std::uint8_t kVersion = 129;        // apart from those of established calls, which have the same keys

// Its times are by the wall clock.
struct KeptAttempt {
    CallRecord record;
};

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptAttempt>
void fields(Codec& codec, Record& attempt) {
    auto& record = attempt.record;
    auto& call = record.call;
    codec(call.id, call.from, call.to, call.zone_a, call.zone_b, call.peer_a, call.peer_b, call.route, call.emergency,
          call.started, record.requested, record.a.endpoint, record.a.call_id, record.b.endpoint,
          record.b.call_id, record.ringing, record.policy_hash);
}

// The moment of the end is when it is noticed: when it was, nobody knows.
CallRecord ended(const Context& context, CallRecord record, std::string_view why) {
    const auto ours = [&](base::Time wall) { return std::min(on_our_line(context, wall), context.now); };
    record.call.state = "terminating";
    record.call.started = ours(record.call.started);
    if (record.call.answered) record.call.answered = ours(*record.call.answered);
    if (record.ringing) record.ringing = ours(*record.ringing);
    record.ended = context.now;
    record.why = why;
    return record;
}

}  // namespace

std::string attempt_bytes(const Context& context, const Call& call) {
    KeptAttempt attempt{*record_of(context, call, {}, 0, Ender::us).record};
    attempt.record.call.started += context.wall;
    if (attempt.record.ringing) *attempt.record.ringing += context.wall;
    return to_bytes(kVersion, attempt);
}

std::optional<CallRecord> record_of_attempt(const Context& context, std::string_view bytes) {
    auto attempt = from_bytes<KeptAttempt>(kVersion, bytes);
    if (!attempt) return std::nullopt;
    return ended(context, std::move(attempt->record), "process_died");
}

CallRecord record_of_lost(const Context& context, const KeptCall& kept) {
    CallRecord record;
    const auto& [a, b] = kept.parties;
    auto& call = record.call;
    call.id = std::to_string(kept.number);
    call.from = kept.from;
    call.to = kept.to;
    call.zone_a = a.zone;
    call.zone_b = b.zone;
    call.peer_a = a.peer;
    call.peer_b = b.peer;
    call.route = kept.route;
    call.emergency = kept.emergency;
    call.started = kept.started;
    call.answered = kept.answered;
    record.requested = kept.requested;
    record.a = {endpoint_text(a.transport, a.remote), kept.dialogs[at(Side::a)].call_id};
    record.b = {endpoint_text(b.transport, b.remote), kept.dialogs[at(Side::b)].call_id};
    record.ringing = kept.ringing;
    record.status = 200;
    record.policy_hash = context.policy->hash;
    return ended(context, std::move(record), "not_restored");
}

}  // namespace sbc
