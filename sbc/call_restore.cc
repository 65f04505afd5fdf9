// Owns: what of a call's past is still true in another process. What is not: connections (opened anew when needed),
// transactions (RFC 3261, 13.2.2.4 and 12.2.1.1: an INVITE's ACK is built from the dialog, sequence numbers skip what
// may have been sent and not been written down), offers without an answer.
#include "sbc/call_restore.hh"

#include <algorithm>

#include "base/log.hh"
#include "base/number.hh"
#include "sbc/attempt_journal.hh"
#include "sbc/call_journal.hh"
#include "sbc/call_life.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/home.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/registration_journal.hh"

namespace sbc {
namespace {

using sip::Method;

constexpr std::uint32_t kSequenceSlack = 100;                 // requests that were sent and are not in the journal
constexpr std::uint32_t kLastSequence = 0x7fffffff;           // RFC 3261, 8.1.1.5
constexpr std::uint64_t kNumberSlack = 1024;                  // calls that began and ended unseen

template <class Rules>
void choose_by_name(const Rules*& chosen, const std::string& name, const auto& all) {
    if (name.empty()) {
        chosen = nullptr;
        return;
    }
    if (const auto found = all.find(name); found != all.end()) chosen = found->second.get();
}

// False: a port is not ours to give (any more). What was taken stands in the line all the same.
bool take_ports(const Context& context, const KeptLine& record, MediaLine& line) {
    for (const Side side : {Side::a, Side::b}) {
        const auto& wanted = record.ports[at(side)];
        if (!wanted.even) continue;
        auto& ports = line.ports[at(side)];
        const auto& end = record.ends[at(side)];
        const bool fits = end.rtp_local == base::Endpoint{wanted.address, wanted.even} &&
                          end.rtcp_local.address == wanted.address && (end.rtcp_local.port | 1) == (wanted.even | 1);
        ports.pool = fits ? context.pools.take_again(wanted.address, wanted.even) : nullptr;
        if (!ports.pool) return false;
        ports.advertised = wanted.advertised;
        ports.even = wanted.even;
    }
    return !line.active || (line.ports[0].even && line.ports[1].even);
}

bool restore_lines(const Context& context, const KeptCall& record, DialogPair& pair) {
    for (const auto& from : record.lines) {
        auto& line = pair.lines.emplace_back();
        line.type = from.type;
        line.active = from.active;
        line.ends = from.ends;
        line.mux = from.mux;
        line.latched = from.latched;
        for (std::size_t i = 0; i < 2; ++i) line.directions[i] = static_cast<sdp::Direction>(from.directions[i]);
        if (!take_ports(context, from, line)) return false;
    }
    if (!record.offered) return true;
    pair.offerer = record.offerer;
    return true;
}

void give_back_ports(const Context& context, DialogPair& pair) {
    for (auto& line : pair.lines)
        for (auto& ports : line.ports)
            if (ports.even && ports.pool) ports.pool->give_back(ports.even, context.now);
}

void install_streams(Context& context, const Call& call, DialogPair& pair) {
    for (auto& line : pair.lines) {
        if (!line.active) continue;
        line.stream = context.relay.install({call.number, line.ends}, context.now);
        context.calls_by_stream[line.stream] = call.number;
        for (const Side side : {Side::a, Side::b})
            for (const auto component : {media::Component::rtp, media::Component::rtcp})
                if (const auto& source = line.latched[at(side)][static_cast<std::size_t>(component)])
                    context.relay.learn(line.stream, side, component, *source, context.now);
    }
    if (pair.offerer) pair.before_offer = pair.lines;   // where its answer fails, nothing changes
}

void restore_dialogs(const Context& context, const KeptCall& record, DialogPair& pair, const Call& call) {
    pair.dialogs = record.dialogs;
    pair.settled = record.settled;
    for (const Side side : {Side::a, Side::b}) {
        auto& sequence = pair.dialogs[at(side)].local_cseq;
        sequence = std::min(sequence, kLastSequence - kSequenceSlack) + kSequenceSlack;
        const auto& ack = record.acks[at(side)];
        auto bytes = ack.bytes.empty() ? nullptr : std::make_shared<const std::string>(ack.bytes);
        pair.acks[at(side)] = {ack.cseq, std::move(bytes), way_to(context, call.party(side), pair.dialogs[at(side)])};
    }
}

void restore_exchanges(const KeptCall& record, Call& call) {
    for (const auto& unfinished : record.unfinished) {
        auto& exchange = call.exchanges.emplace_back();
        exchange.from = unfinished.from;
        exchange.method = Method::invite;
        exchange.pair = call.chosen;
        exchange.cseq_from = unfinished.cseq_from;
        exchange.cseq_to = unfinished.cseq_to;
        exchange.offer_in_request = unfinished.offer_in_request;
        exchange.answered = true;
    }
}

void arm_timers(Context& context, Call& call) {
    const auto due = std::max(*call.answered + call.policy->timers.max_call, context.now);
    call.limit_timer = context.timers.arm(due, {Alarm::Kind::call_limit, call.number.value, 0});
    const auto inactivity = call.policy->zone(call.party(Side::a).zone).media_rules.inactivity;
    if (inactivity > base::Duration{0})
        call.media_timer = context.timers.arm(context.now + inactivity, {Alarm::Kind::media_check, call.number.value, 0});
}

void count(Context& context, Call& call) {
    for (auto& party : call.parties) {
        if (!party.counted) continue;
        const auto& name = call.policy->peer(party.peer).name;
        context.admission.resume_call(name, party.load);
        ++context.peer_calls[name];
    }
}

// Whether its messages would come to us, and to nobody else of ours.
bool is_ours(const Context& context, const KeptCall& record) {
    const auto ours = [&](const sip::Dialog& dialog) {
        return worker_of_token(dialog.local_tag) == context.worker && !context.calls_by_tag.contains(dialog.local_tag);
    };
    return record.workers == context.workers && worker_of({record.number}) == context.worker &&
           !context.calls.contains({record.number}) && std::ranges::all_of(record.dialogs, ours);
}

std::unique_ptr<Call> call_of(const Context& context, const KeptCall& record, std::array<Party, 2> parties) {
    auto call = std::make_unique<Call>();
    call->number = {record.number};
    call->id = std::to_string(record.number);
    call->state = Call::State::established;
    call->restored = true;
    call->policy = context.policy;
    call->parties = std::move(parties);
    call->from = record.from;
    call->to = record.to;
    call->route = record.route;
    call->started = std::min(on_our_line(context, record.started), context.now);
    call->answered = std::clamp(on_our_line(context, record.answered), call->started, context.now);
    if (record.ringing)
        call->ringing = std::clamp(on_our_line(context, *record.ringing), call->started, *call->answered);
    call->requested = record.requested;
    call->emergency = record.emergency;
    call->words_key = record.words_key;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& kept = record.sessions[i];
        const auto latest = context.now + std::chrono::seconds(kept.seconds);
        call->sessions[i] = {kept.seconds, kept.minimum, kept.ours, std::min(on_our_line(context, kept.expires), latest), {}};
    }
    return call;
}

void write_down(Context& context, CallRecord record) {
    context.effects.emplace_back(WriteRecord{std::make_shared<const CallRecord>(std::move(record))});
}

// No call of ours gets a number that another has had.
void pass_over(Context& context, base::CallNumber number) {
    context.last_number = std::max(context.last_number, (number.value >> 8) + kNumberSlack);
}

// A call in setup: true where it is one. It does not live again, but it is written down.
bool end_attempt(Context& context, std::string_view bytes) {
    auto record = record_of_attempt(context, bytes);
    if (!record) return false;
    if (const auto number = base::to_number<std::uint64_t>(record->call.id)) pass_over(context, {*number});
    base::log::info("call_failed", base::log::Fields("call", record->call.id)("reason", record->why));
    write_down(context, std::move(*record));
    return true;
}

// Nothing: it lives again. Else why it does not.
std::string_view restore_call(Context& context, const KeptCall& record) {
    if (!is_ours(context, record)) return record.workers == context.workers ? "not_ours" : "workers_changed";
    auto a = party_of(context, record.parties[0]), b = party_of(context, record.parties[1]);
    if (!a || !b) return "zone_or_listener_gone";
    auto owned = call_of(context, record, {std::move(*a), std::move(*b)});
    Call& call = *owned;
    auto& pair = add_pair(context, call);
    if (!restore_lines(context, record, pair)) {
        give_back_ports(context, pair);
        return "port_gone";
    }
    call.chosen = &pair;
    restore_dialogs(context, record, pair, call);
    context.calls.emplace(call.number, std::move(owned));
    pass_over(context, call.number);
    for (const auto& dialog : pair.dialogs) own_tag(context, call, dialog.local_tag);
    install_streams(context, call, pair);
    restore_exchanges(record, call);
    count(context, call);
    arm_timers(context, call);
    resume_sessions(context, call);
    settle_pinholes(context, call);
    ++context.totals.calls_restored;
    context.journalled[call.number] = 0;
    context.touched.push_back(call.number);
    base::log::info("call_restored", base::log::Fields("call", call.id)("from", call.from)("to", call.to));
    return {};
}

std::string_view restore_call(Context& context, std::string_view bytes) {
    const auto record = decode_call(bytes);
    if (!record) return "unreadable";
    const auto why = restore_call(context, *record);
    if (!why.empty()) write_down(context, record_of_lost(context, *record));
    return why;
}

std::string_view restore_registration(Context& context, std::string_view bytes) {
    const auto record = decode_registration(bytes);
    if (!record) return "unreadable";
    if (worker_of_token(record->token) != context.worker) return "not_ours";
    const auto* listener = listener_at(*context.policy, record->transport, record->local);
    if (!listener) return "zone_or_listener_gone";
    const auto& upstream = record->upstream;
    const auto end = on_our_line(context, upstream.expires);
    if (end <= context.now) return "expired";
    if (context.registrations.find(record->token)) return "not_ours";
    // While it was there when the other life ended, its phone may have refreshed a moment before.
    const auto due = std::max(on_our_line(context, record->expires), context.now + std::chrono::seconds(record->granted));
    const BindingTexts said{record->token, record->aor, record->contact, record->instance, record->near_call_id, record->far_call_id,
                            upstream.peer, upstream.parameters, upstream.answer, {record->path.begin(), record->path.end()}};
    auto& made = context.registrations.put(said, {listener->id, record->transport, record->local, record->remote, {}});
    made.registered = std::min(on_our_line(context, record->registered), context.now);
    made.expires = std::min(due, end);
    made.granted = record->granted;
    made.cseq = record->cseq;
    made.contact_print = record->contact_print;
    made.login_print = record->login_print;
    made.upstream.expires = end;
    made.upstream.renew = on_our_line(context, upstream.renew);
    made.upstream.cseq = upstream.cseq;
    arm_expiry(context, made);
    return {};
}

}  // namespace

const policy::Listener* listener_at(const policy::Snapshot& policy, base::Transport transport, const base::Endpoint& local) {
    const auto found = std::ranges::find_if(policy.listeners, [&](const policy::Listener& listener) {
        return listener.transport == transport && listener.local == local;
    });
    return found == policy.listeners.end() ? nullptr : &*found;
}

base::Time on_our_line(const Context& context, base::Time wall) {
    constexpr base::Duration kYears = std::chrono::hours(24 * 3650);
    const auto present = context.now + context.wall;
    return std::clamp(wall, present - kYears, present + kYears) - context.wall;
}

std::optional<Party> party_of(const Context& context, const KeptParty& record) {
    const auto& policy = *context.policy;
    const auto* listener = listener_at(policy, record.transport, record.local);
    if (!listener || policy.zone(listener->zone).name != record.zone) return std::nullopt;
    Party party = context.party_of(base::Flow{listener->id, record.transport, record.local, record.remote, {}});
    const auto peer = std::ranges::find(policy.peers, record.peer, &policy::Peer::name);
    party.peer = record.peer.empty() || peer == policy.peers.end()
                     ? base::kNoPeer
                     : base::PeerId{static_cast<std::uint16_t>(peer - policy.peers.begin())};
    party.flow.peer = party.peer;     // a new connection must find it there
    choose_by_name(party.topology, record.topology, policy.topologies);
    choose_by_name(party.headers, record.headers, policy.header_rules);
    party.ours = record.ours;
    party.contact = record.contact;
    party.sent_by = record.sent_by;
    party.counted = record.counted && party.peer != base::kNoPeer;
    party.load = record.load;
    party.rules = record.rules;
    party.is_target = record.is_target && party.peer != base::kNoPeer;
    party.updates = record.updates;
    party.descriptions = record.descriptions;
    return party;
}

std::optional<Party> party_today(const Context& context, const Call& call, Side side) {
    const auto& known = call.party(side);
    auto party = call.policy == context.policy ? std::optional(known) : party_of(context, kept_of(call, known));
    if (!party) return std::nullopt;
    party->flow.connection = known.flow.connection;
    party->sips = known.sips;
    party->counted = false;
    return party;
}

bool restore_from_journal(Context& context, std::string_view key, std::string_view record) {
    std::string_view why = "unreadable";
    const auto erase = [&] { context.effects.emplace_back(Journal{std::string(key), {}}); };
    if (is_call_key(key) && end_attempt(context, record)) {
        erase();
        return false;
    }
    if (is_call_key(key)) why = restore_call(context, record);
    else if (is_registration_key(key)) why = restore_registration(context, record);
    if (why.empty()) return true;
    ++context.totals.journal_dropped;
    base::log::warning("journal_dropped", base::log::Fields("key", key)("why", why));
    erase();
    return false;
}

bool is_answer_of_earlier_life(Context& context, const sip::Message& message) {
    if (message.is_request() || message.method() != Method::invite || message.status() / 100 != 2) return false;
    auto* call = context.call_by_tag(message.from_tag());
    if (!call || !call->restored || !call->chosen) return false;
    auto& pair = *call->chosen;
    for (const Side side : {Side::a, Side::b}) {
        auto& dialog = pair.dialogs[at(side)];
        if (dialog.local_tag != message.from_tag() || dialog.remote_tag != message.to_tag() ||
            dialog.call_id != message.call_id())
            continue;
        const auto cseq = message.cseq();
        auto& ack = pair.acks[at(side)];
        // Where the other side's ACK was to carry an answer, only that ACK will do.
        const bool owed = std::ranges::any_of(call->exchanges, [&](const Exchange& exchange) {
            return !exchange.client.value && exchange.answered && exchange.from == other(side) &&
                   exchange.cseq_to == cseq && exchange.offer_in_request;
        });
        if (ack.cseq != cseq && !owed) return false;
        if (ack.cseq == cseq && ack.bytes) {
            context.transactions.send_again(ack.bytes, ack.flow);
            return true;
        }
        const auto& party = call->party(side);
        const auto flow = way_to(context, party, dialog);
        ack = {cseq, context.transactions.send_ack(dialog.make_request(Method::ack, {}, cseq), flow, party.sent_by), flow};
        return true;
    }
    return false;
}

}  // namespace sbc
