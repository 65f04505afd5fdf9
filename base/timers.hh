// The timer wheel: many timers, armed and cancelled in constant time, expired in order of their tick.
// A wheel of 4 levels with 256 slots each and a tick of 1 ms reaches 49 days. It does not read a clock.
#pragma once

#include <array>
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/slot_set.hh"
#include "base/time.hh"

namespace base {

// Names an armed timer; 0 names none. A handle that has fired or was cancelled is harmless to cancel again.
struct TimerHandle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
};

template <class Payload>
class Timers {
 public:
    static constexpr Duration kTick{1000};

    explicit Timers(Time now = Time{}) : now_(ticks(now)), nodes_(1) { heads_.fill(0); }

    // Fires at the first advance() whose time is at or after `at` (rounded up to the tick).
    TimerHandle arm(Time at, Payload payload) {
        std::uint32_t index = free_;
        if (index) free_ = nodes_[index].next;
        else {
            index = static_cast<std::uint32_t>(nodes_.size());
            nodes_.emplace_back();
        }
        Node& node = nodes_[index];
        node.due = std::max(ticks(at + kTick - Duration{1}), now_ + 1);
        node.payload = std::move(payload);
        link(index);
        ++armed_;
        return {index, node.generation};
    }

    // True when the timer was still armed.
    bool cancel(TimerHandle& handle) {
        const auto [index, generation] = handle;
        handle = {};
        if (!index || nodes_[index].generation != generation) return false;
        unlink(index);
        release(index);
        return true;
    }

    // Moves time forward and calls fire(payload) for each timer that is due; fire may arm and cancel.
    template <class Fire>
    void advance(Time now, Fire&& fire) {
        const std::uint64_t target = ticks(now);
        while (now_ < target) {
            if (!armed_) {
                now_ = target;
                return;
            }
            now_ = std::min(next_stop(), target);
            cascade();
            std::uint32_t& head = heads_[slot(0, now_)];
            while (head) {
                const std::uint32_t index = head;
                unlink(index);
                Payload payload = std::move(nodes_[index].payload);
                release(index);
                fire(std::move(payload));
            }
        }
    }

    // No timer fires before this; exact within the lowest wheel, else the next cascade. kNever when none is armed.
    Time next_deadline() const { return armed_ ? Time{next_stop() * kTick} : kNever; }

    std::size_t armed() const { return armed_; }

 private:
    static constexpr int kLevels = 4;

    struct Node {
        std::uint64_t due = 0;
        std::uint32_t next = 0, previous = 0;  // previous 0: first in its slot
        std::uint32_t home = 0;
        std::uint32_t generation = 1;
        Payload payload{};
    };

    static std::uint64_t ticks(Time time) { return static_cast<std::uint64_t>(time.time_since_epoch() / kTick); }
    static std::uint32_t slot(int level, std::uint64_t tick) {
        return static_cast<std::uint32_t>(level * 256 + (tick >> (8 * level) & 255));
    }

    // The next tick whose slot in the lowest wheel has timers, or at which that wheel begins anew.
    std::uint64_t next_stop() const { return (now_ & ~std::uint64_t{255}) + taken_.first_from((now_ & 255) + 1); }

    void link(std::uint32_t index) {
        Node& node = nodes_[index];
        const std::uint64_t ahead = node.due ^ now_;
        int level = 0;
        while (level < kLevels - 1 && ahead >> (8 * (level + 1))) ++level;
        node.home = slot(level, node.due);
        node.previous = 0;
        node.next = heads_[node.home];
        if (node.next) nodes_[node.next].previous = index;
        heads_[node.home] = index;
        if (level == 0) taken_.add(node.home);
    }

    void unlink(std::uint32_t index) {
        const Node& node = nodes_[index];
        if (node.next) nodes_[node.next].previous = node.previous;
        (node.previous ? nodes_[node.previous].next : heads_[node.home]) = node.next;
        if (!heads_[node.home] && node.home < 256) taken_.remove(node.home);
    }

    void release(std::uint32_t index) {
        Node& node = nodes_[index];
        if (++node.generation == 0) node.generation = 1;
        node.payload = Payload{};
        node.next = free_;
        free_ = index;
        --armed_;
    }

    void cascade() {
        for (int level = 1; level < kLevels && (now_ & ((std::uint64_t{1} << (8 * level)) - 1)) == 0; ++level) {
            std::uint32_t index = std::exchange(heads_[slot(level, now_)], 0);
            while (index) {
                const std::uint32_t next = nodes_[index].next;
                link(index);
                index = next;
            }
        }
    }

    std::uint64_t now_;
    std::vector<Node> nodes_;  // [0] is never used, so that 0 can mean none
    std::uint32_t free_ = 0;
    std::size_t armed_ = 0;
    std::array<std::uint32_t, kLevels * 256> heads_;
    SlotSet taken_;            // of the lowest wheel
};

}  // namespace base
