// The seeds shared out to as many processes as there are cores, and what they reached added up. Each process is a
// simulation by itself: nothing of a run depends on who plays beside it.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/sim/coverage.hh"

namespace sim {

struct Tally {
    Coverage coverage;
    std::uint64_t failed = 0, packets = 0;
};

// Plays the shares 0 to `shares` - 1, each in a process of its own where there are several. A process that dies counts
// as one that failed, and says so.
Tally play_shares(unsigned shares, const std::function<Tally(unsigned)>& play);

}  // namespace sim
