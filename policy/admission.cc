// Access rules in the order of the files: the first that names the source and the method decides. Refusals
// are values with a reason; the answer (403, 405, 503) is the B2BUA's.
#include "policy/admission.hh"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "policy/rules.hh"
#include "policy/token_buckets.hh"

namespace policy {
namespace {

constexpr std::size_t kRememberedSources = 100'000;

struct PeerUse {
    std::uint32_t calls = 0;
    TokenBucket starts;
    bool started = false;  // the bucket has had its first fill
};

bool names_source(const AccessRule& rule, const Facts& facts) {
    if (rule.sources.empty() && rule.peers.empty()) return true;
    if (std::ranges::find(rule.peers, facts.peer) != rule.peers.end()) return true;
    return std::ranges::any_of(rule.sources,
                               [&](const base::Prefix& p) { return p.contains(facts.source.address); });
}

bool names_method(const AccessRule& rule, const Facts& facts) {
    return rule.methods.empty() ||
           std::ranges::find(rule.methods, facts.request->method_text()) != rule.methods.end();
}

// One worker's part; at least one, or nothing would ever pass.
Rate scaled(const Rate& rate, double share) {
    return {rate.per_second * share, std::max(1.0, rate.burst * share)};
}

void note(Trace* trace, const AccessRule& rule, bool matched, std::string why) {
    if (trace) trace->push_back({"access \"" + rule.name + '"', rule.place, matched, std::move(why)});
}

}  // namespace

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
        if (!names_source(rule, facts)) {
            note(trace, rule, false, "it does not name " + facts.source.address.to_string());
            continue;
        }
        if (!names_method(rule, facts)) {
            source_named = source_named || rule.allow;
            note(trace, rule, false,
                 "it names the source, but not " + std::string(facts.request->method_text()));
            continue;
        }
        if (!rule.allow) {
            note(trace, rule, true, "it denies this source");
            return base::Reason::source_not_allowed;
        }
        if (!state_->within_rates(rule, facts, now)) {
            note(trace, rule, true, "it allows this, but the rate is exceeded");
            return base::Reason::rate_exceeded;
        }
        note(trace, rule, true, "it allows this source and method");
        return std::nullopt;
    }
    return state_->by_default(facts, source_named, trace);
}

std::optional<base::Reason> Admission::begin_call(base::PeerId id, base::Time now) {
    if (id == base::kNoPeer) return std::nullopt;
    const Peer& peer = state_->snapshot->peer(id);
    PeerUse& use = state_->peers[peer.name];
    if (peer.limits.calls) {
        const double part = std::floor(*peer.limits.calls * state_->share);
        const double most = *peer.limits.calls == 0 ? 0 : std::max(1.0, part);
        if (use.calls >= most) return base::Reason::peer_limit;
    }
    if (peer.limits.calls_per_second) {
        const double cps = *peer.limits.calls_per_second;
        const Rate rate = scaled({cps, std::max(1.0, cps)}, state_->share);
        if (!use.started) use.starts = {rate.burst, now};
        use.started = true;
        if (!use.starts.take(rate, now)) return base::Reason::peer_limit;
    }
    ++use.calls;
    return std::nullopt;
}

void Admission::resume_call(std::string_view peer) { ++state_->peers[std::string(peer)].calls; }

void Admission::end_call(base::PeerId peer) {
    // After a reload a peer may be gone whose call ends only now.
    if (peer.value < state_->snapshot->peers.size()) end_call(state_->snapshot->peer(peer).name);
}

void Admission::end_call(std::string_view peer) {
    const auto use = state_->peers.find(std::string(peer));
    if (use != state_->peers.end() && use->second.calls > 0) --use->second.calls;
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
