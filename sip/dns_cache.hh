// What the DNS said, for as long as it said (RFC 1035, 2308), within bounds. Where it says nothing any more, what it
// said last stays good for a while (RFC 8767): a dead name server ends no peer.
#pragma once

#include <map>

#include "base/dns.hh"

namespace sip {

struct DnsBounds {
    base::Duration min_ttl{std::chrono::seconds(5)};
    base::Duration max_ttl{std::chrono::hours(1)};
    base::Duration max_negative_ttl{std::chrono::minutes(1)};
    base::Duration retry{std::chrono::seconds(10)};            // after a question that nobody answered
    base::Duration stale{std::chrono::hours(72)};
    friend bool operator==(const DnsBounds&, const DnsBounds&) = default;
};

class DnsCache {
 public:
    struct Entry {
        base::DnsAnswer answer;
        base::Time expires, stale_until;
    };

    explicit DnsCache(const DnsBounds& bounds) : bounds_(bounds) {}

    void put(const base::DnsQuestion& question, base::DnsAnswer answer, base::Time now);
    const Entry* find(const base::DnsQuestion& question, base::Time now) const;   // null: it must be asked
    std::size_t size() const { return entries_.size(); }

 private:
    void make_room(base::Time now);

    DnsBounds bounds_;
    std::map<base::DnsQuestion, Entry> entries_;
};

}  // namespace sip
