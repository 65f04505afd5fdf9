// Random order makes the next port hard to guess (RFC 8085, 5.1.2 and 7; RFC 6056, 3.3); quarantine keeps a late
// packet of one call from the next. The pool binds nothing and opens nothing.
#include "media/port_pool.hh"

#include <algorithm>
#include <cassert>

namespace media {

PortPool::PortPool(base::Address address, std::uint16_t first, std::uint16_t last, base::Duration quarantine,
                   base::Entropy& entropy)
    : address_(address),
      quarantine_(quarantine),
      entropy_(&entropy),
      first_(static_cast<std::uint16_t>(first + first % 2)) {
    for (std::uint32_t port = first + first % 2; port + 1 <= last; port += 2)
        if (port) free_.push_back(static_cast<std::uint16_t>(port));
    capacity_ = free_.size();
    taken_.resize(last >= first_ ? (last - first_) / 2 + 1 : 0);
}

std::optional<std::uint16_t> PortPool::take(base::Time now) {
    while (!resting_.empty() && resting_.front().until <= now) {
        free_.push_back(resting_.front().port);
        resting_.pop_front();
    }
    if (free_.empty() && !resting_.empty() && now >= resting_.front().until - quarantine_ * 9 / 10) {
        free_.push_back(resting_.front().port);
        resting_.pop_front();
    }
    if (free_.empty()) return std::nullopt;
    std::uint16_t& chosen = free_[entropy_->below(free_.size())];
    const std::uint16_t port = chosen;
    chosen = free_.back();
    free_.pop_back();
    taken_[(port - first_) / 2] = true;
    ++in_use_;
    return port;
}

bool PortPool::take_again(std::uint16_t even_port) {
    const auto found = std::ranges::find(free_, even_port);
    if (found == free_.end()) return false;
    *found = free_.back();
    free_.pop_back();
    taken_[(even_port - first_) / 2] = true;
    ++in_use_;
    return true;
}

void PortPool::give_back(std::uint16_t even_port, base::Time now) {
    const std::size_t pair = (even_port - first_) / 2;
    assert(even_port >= first_ && even_port % 2 == 0 && pair < taken_.size() && taken_[pair]);
    taken_[pair] = false;
    resting_.push_back({even_port, now + quarantine_});
    --in_use_;
}

}  // namespace media
