// A range of media ports, and how the workers share it.
#pragma once

#include <cstdint>

#include "base/ids.hh"

namespace policy {

struct PortRange {
    std::uint16_t first = 0, last = 0;   // inclusive
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

// The part of one worker of `workers`: contiguous, cut between pairs (an even port and the next). An odd port at either
// end of the range is the first or last worker's, and belongs to no pair. The range has a pair for each worker.
PortRange share_of(const PortRange& range, base::WorkerId worker, unsigned workers);

}  // namespace policy
