// Access rules in the order of the files: the first that names the source and the method decides. Refusals
// are values with a reason; the answer (403, 405, 503) is the B2BUA's.
#include "policy/admission.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <unordered_map>

#include "policy/emergency.hh"
#include "policy/rules.hh"
#include "policy/token_buckets.hh"

namespace policy {
namespace {

constexpr std::size_t kRememberedSources = 100'000;

// Calls that begin, within a number each second.
struct Starts {
    TokenBucket bucket;
    bool filled = false;  // it has had its first fill
};

struct PeerUse {
    std::array<std::uint32_t, 2> calls{};  // by direction
    std::uint64_t kbits = 0;
    Starts starts;
    std::array<Starts, 2> starts_of;       // by direction
    std::uint32_t registers = 0;           // on their way to it
    Starts register_starts;

    std::uint32_t& calls_of(CallLoad::Direction direction) {
        return calls[direction == CallLoad::Direction::in ? 0 : 1];
    }
    void take(const CallLoad& load) {
        ++calls_of(load.direction);
        kbits += load.kbits;
    }
};

// One worker's part; at least one, or nothing would ever pass.
Rate scaled(const Rate& rate, double share) {
    return {rate.per_second * share, std::max(1.0, rate.burst * share)};
}

// One worker's part of a limit on what is there at once; at least one, unless the limit is none at all.
bool is_within(const std::optional<std::uint32_t>& limit, double share, std::uint32_t used) {
    if (!limit) return true;
    return used < (*limit == 0 ? 0 : std::max(1.0, std::floor(*limit * share)));
}

bool take_start(Starts& starts, const std::optional<double>& per_second, double share, base::Time now) {
    if (!per_second) return true;
    const Rate rate = scaled({*per_second, std::max(1.0, *per_second)}, share);
    if (!std::exchange(starts.filled, true)) starts.bucket = {rate.burst, now};
    return starts.bucket.take(rate, now);
}

// A call that is alone always fits: one worker's part may be less than a call.
bool fits(const std::optional<std::uint64_t>& kbits, double share, const PeerUse& use, const CallLoad& load) {
    return !kbits || use.kbits == 0 || static_cast<double>(use.kbits + load.kbits) <= static_cast<double>(*kbits) * share;
}

bool is_emergency_call(const Snapshot& snapshot, const Facts& facts) {
    return facts.request->method() == sip::Method::invite && is_emergency(snapshot, *facts.request);
}

void note(Trace* trace, const AccessRule& rule, bool matched, std::string why) {
    if (trace) trace->push_back({"access \"" + rule.name + '"', rule.place, matched, std::move(why)});
}

}  // namespace

bool AccessRule::names_source(const Facts& facts) const {
    if (sources.empty() && peers.empty()) return true;
    if (std::ranges::find(peers, facts.peer) != peers.end()) return true;
    return std::ranges::any_of(sources, [&](const base::Prefix& p) { return p.contains(facts.source.address); });
}

bool AccessRule::names_method(const Facts& facts) const {
    return methods.empty() || std::ranges::find(methods, facts.request->method_text()) != methods.end();
}

struct Admission::State {
    SnapshotPtr snapshot;
    double share;
    SourceBuckets sources{kRememberedSources};
    std::unordered_map<std::uint64_t, TokenBucket> totals;  // by the rule's fingerprint
    std::unordered_map<std::string, PeerUse> peers;         // by name: indices change with a reload

    bool within_rates(const AccessRule& rule, const Facts& facts, base::Time now) {
        if (rule.rate) {
            const Rate rate = scaled(*rule.rate, share);
            if (!sources.at(rule.fingerprint, facts.source.address, rate, now).take(rate, now)) return false;
        }
        if (rule.total_rate) {
            const Rate rate = scaled(*rule.total_rate, share);
            TokenBucket& bucket =
                totals.try_emplace(rule.fingerprint, TokenBucket{rate.burst, now}).first->second;
            if (!bucket.take(rate, now)) return false;
        }
        return true;
    }

    // No rule decided: what the zone's trust says.
    std::optional<base::Reason> by_default(const Facts& facts, bool source_named, Trace* trace) const {
        const Zone& zone = snapshot->zone(facts.zone);
        std::optional<base::Reason> reason;
        std::string why;
        if (zone.trusted)
            why = "the zone is trusted";
        else if (source_named) {
            reason = base::Reason::method_not_allowed;
            why = "no rule that names the source allows " + std::string(facts.request->method_text());
        } else if (facts.peer != base::kNoPeer)
            why = "the source belongs to peer " + snapshot->peer(facts.peer).name;
        else {
            reason = base::Reason::source_not_allowed;
            why = "the zone is not trusted, and no rule names " + facts.source.address.to_string();
        }
        if (trace) trace->push_back({"zone \"" + zone.name + '"', zone.place, !reason, std::move(why)});
        return reason;
    }
};

Admission::Admission(SnapshotPtr snapshot, double share)
    : state_(new State{std::move(snapshot), share, SourceBuckets{kRememberedSources}, {}, {}}) {}
Admission::~Admission() = default;

std::optional<base::Reason> Admission::admit(const Facts& facts, base::Time now, Trace* trace) {
    bool source_named = false;
    if (!state_->snapshot->rules) return state_->by_default(facts, source_named, trace);
    for (const AccessRule& rule : state_->snapshot->rules->access) {
        if (rule.zone != facts.zone) continue;
        if (!rule.names_source(facts)) {
            note(trace, rule, false, "it does not name " + facts.source.address.to_string());
            continue;
        }
        if (!rule.names_method(facts)) {
            source_named = source_named || rule.allow;
            note(trace, rule, false,
                 "it names the source, but not " + std::string(facts.request->method_text()));
            continue;
        }
        if (!rule.allow) {
            note(trace, rule, true, "it denies this source");
            return base::Reason::source_not_allowed;
        }
        if (!state_->within_rates(rule, facts, now) && !is_emergency_call(*state_->snapshot, facts)) {
            note(trace, rule, true, "it allows this, but the rate is exceeded");
            return base::Reason::rate_exceeded;
        }
        note(trace, rule, true, "it allows this source and method");
        return std::nullopt;
    }
    return state_->by_default(facts, source_named, trace);
}

std::optional<base::Reason> Admission::begin_call(base::PeerId id, base::Time now, const CallLoad& load) {
    if (id == base::kNoPeer) return std::nullopt;
    const Peer& peer = state_->snapshot->peer(id);
    const Limits& limits = peer.limits;
    const double share = state_->share;
    PeerUse& use = state_->peers[peer.name];
    const bool in = load.direction == CallLoad::Direction::in;
    const bool room = is_within(limits.calls, share, use.calls[0] + use.calls[1]) &&
                      is_within(in ? limits.calls_in : limits.calls_out, share, use.calls_of(load.direction)) &&
                      fits(limits.bandwidth, share, use, load);
    const bool starts = room && take_start(use.starts, limits.calls_per_second, share, now);
    const bool fits_both = starts && take_start(use.starts_of[in ? 0 : 1], in ? limits.cps_in : limits.cps_out, share, now);
    if (!fits_both && !load.emergency) {
        if (starts) use.starts.bucket.tokens += 1;   // nothing has started
        return base::Reason::peer_limit;
    }
    use.take(load);
    return std::nullopt;
}

void Admission::resume_call(std::string_view peer, const CallLoad& load) {
    state_->peers[std::string(peer)].take(load);
}

void Admission::end_call(base::PeerId peer, const CallLoad& load) {
    // After a reload a peer may be gone whose call ends only now.
    if (peer.value < state_->snapshot->peers.size()) end_call(state_->snapshot->peer(peer).name, load);
}

void Admission::end_call(std::string_view peer, const CallLoad& load) {
    const auto use = state_->peers.find(std::string(peer));
    if (use == state_->peers.end()) return;
    auto& calls = use->second.calls_of(load.direction);
    if (calls > 0) --calls;
    use->second.kbits -= std::min(use->second.kbits, load.kbits);
}

std::optional<base::Reason> Admission::begin_register(base::PeerId id, base::Time now) {
    const Peer& peer = state_->snapshot->peer(id);
    PeerUse& use = state_->peers[peer.name];
    if (!is_within(peer.limits.registers, state_->share, use.registers) ||
        !take_start(use.register_starts, peer.limits.registers_per_second, state_->share, now))
        return base::Reason::peer_limit;
    ++use.registers;
    return std::nullopt;
}

void Admission::end_register(std::string_view peer) {
    const auto use = state_->peers.find(std::string(peer));
    if (use != state_->peers.end() && use->second.registers > 0) --use->second.registers;
}

void Admission::take_over(SnapshotPtr snapshot) {
    state_->snapshot = std::move(snapshot);
    std::erase_if(state_->totals, [&](const auto& total) {
        return !state_->snapshot->rules ||
               std::ranges::find(state_->snapshot->rules->access, total.first, &AccessRule::fingerprint) ==
                   state_->snapshot->rules->access.end();
    });
}

}  // namespace policy
