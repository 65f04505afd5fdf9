// Token buckets in an index and a list by age.
#include "policy/token_buckets.hh"

#include <algorithm>

namespace policy {
namespace {

base::Address bucket_source(const base::Address& source) {
    if (source.is_v4()) return source;
    base::Address::Bytes bytes = source.bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return base::Address::from_bytes(bytes);
}

}  // namespace

bool TokenBucket::take(const Rate& rate, base::Time now) {
    if (now > filled) {
        const double seconds = std::chrono::duration<double>(now - filled).count();
        tokens = std::min(rate.burst, tokens + seconds * rate.per_second);
        filled = now;
    }
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
}

void SourceBuckets::unlink(std::uint32_t at) {
    Node& node = nodes_[at];
    (node.older ? nodes_[node.older].newer : oldest_) = node.newer;
    (node.newer ? nodes_[node.newer].older : newest_) = node.older;
    node.older = node.newer = 0;
}

void SourceBuckets::link_newest(std::uint32_t at) {
    nodes_[at].older = newest_;
    nodes_[at].newer = 0;
    (newest_ ? nodes_[newest_].newer : oldest_) = at;
    newest_ = at;
}

TokenBucket& SourceBuckets::at(std::uint64_t rule, const base::Address& source, const Rate& rate,
                               base::Time now) {
    const Key key{rule, bucket_source(source)};
    if (const auto found = index_.find(key); found != index_.end()) {
        unlink(found->second);
        link_newest(found->second);
        return nodes_[found->second].bucket;
    }
    std::uint32_t at = 0;
    if (index_.size() >= capacity_) {
        at = oldest_;
        unlink(at);
        index_.erase(nodes_[at].key);
    } else {
        at = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
    }
    nodes_[at].key = key;
    nodes_[at].bucket = {rate.burst, now};
    index_.emplace(key, at);
    link_newest(at);
    return nodes_[at].bucket;
}

}  // namespace policy
