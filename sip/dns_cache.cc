#include "sip/dns_cache.hh"

#include <algorithm>

namespace sip {
namespace {

constexpr std::size_t kMostEntries = 4096;   // names come from records too, and records from strangers

}  // namespace

void DnsCache::put(const base::DnsQuestion& question, base::DnsAnswer answer, base::Time now) {
    using Outcome = base::DnsAnswer::Outcome;
    if (!entries_.contains(question)) make_room(now);
    auto& entry = entries_[question];
    if (answer.outcome == Outcome::failed) {
        if (entry.answer.outcome == Outcome::failed || now >= entry.stale_until) entry.answer = std::move(answer);
        entry.expires = now + bounds_.retry;
        return;
    }
    const bool found = answer.outcome == Outcome::found;
    const auto longest = found ? bounds_.max_ttl : bounds_.max_negative_ttl;
    entry.expires = now + std::max(bounds_.min_ttl, std::min(answer.ttl, longest));
    entry.stale_until = entry.expires + bounds_.stale;
    entry.answer = std::move(answer);
}

const DnsCache::Entry* DnsCache::find(const base::DnsQuestion& question, base::Time now) const {
    const auto found = entries_.find(question);
    return found == entries_.end() || now >= found->second.expires ? nullptr : &found->second;
}

void DnsCache::make_room(base::Time now) {
    if (entries_.size() < kMostEntries) return;
    std::erase_if(entries_, [&](const auto& entry) { return now >= entry.second.expires; });
    if (entries_.size() >= kMostEntries) entries_.clear();
}

}  // namespace sip
