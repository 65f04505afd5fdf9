// Token buckets for many sources in bounded memory: the one that was asked longest ago makes room. All in
// O(1).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/address.hh"
#include "base/time.hh"
#include "policy/units.hh"

namespace policy {

struct TokenBucket {
    double tokens = 0;
    base::Time filled{};

    // True, and one token less, when there was one. A bucket that fills by `rate`, and never above its burst.
    bool take(const Rate& rate, base::Time now);
};

class SourceBuckets {
  public:
    explicit SourceBuckets(std::size_t capacity) : capacity_(capacity) {}

    // The bucket of a rule (by fingerprint) and a source; full when it is new. IPv6 sources share one bucket
    // for each /64, since that is what one customer gets.
    TokenBucket& at(std::uint64_t rule, const base::Address& source, const Rate& rate, base::Time now);
    std::size_t size() const { return index_.size(); }

  private:
    struct Key {
        std::uint64_t rule;
        base::Address source;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<base::Address>{}(key.source) ^ static_cast<std::size_t>(key.rule);
        }
    };
    struct Node {
        Key key;
        TokenBucket bucket;
        std::uint32_t older = 0, newer = 0;  // 0: none; nodes_[0] is never used
    };

    void unlink(std::uint32_t at);
    void link_newest(std::uint32_t at);

    std::size_t capacity_;
    std::unordered_map<Key, std::uint32_t, KeyHash> index_;
    std::vector<Node> nodes_{1};
    std::uint32_t oldest_ = 0, newest_ = 0;
};

}  // namespace policy
