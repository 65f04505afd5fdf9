// The media ports of one address that one worker owns: pairs (even RTP, odd RTCP; RFC 3550, 11), handed out in
// random order, and kept in quarantine after use so that a late packet meets no new call.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/address.hh"
#include "base/entropy.hh"
#include "base/time.hh"

namespace media {

class PortPool {
 public:
    // Ports first..last (inclusive) of `address`. A pair rests for `quarantine`; where no other is free, the one that
    // has rested longest comes back after a tenth of it, so that many short calls don't run out of ports.
    PortPool(base::Address address, std::uint16_t first, std::uint16_t last, base::Duration quarantine,
             base::Entropy& entropy);

    const base::Address& address() const { return address_; }
    std::optional<std::uint16_t> take(base::Time now);   // the even port of a free pair
    bool take_again(std::uint16_t even_port);            // this pair, of a call of an earlier life; false: it is not free
    void give_back(std::uint16_t even_port, base::Time now);
    std::size_t in_use() const { return in_use_; }
    std::size_t capacity() const { return capacity_; }   // in pairs

 private:
    base::Address address_;
    base::Duration quarantine_;
    base::Entropy* entropy_;
    std::vector<std::uint16_t> free_;                    // unordered: a random one is taken, the last fills its place
    struct Resting { std::uint16_t port; base::Time until; };
    std::deque<Resting> resting_;                        // the oldest first
    std::size_t in_use_ = 0, capacity_ = 0;
    std::uint16_t first_;                                // even
    std::vector<bool> taken_;                            // by pair, from first_
};

}  // namespace media
