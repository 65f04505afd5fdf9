// When to look for media again: with many streams, waking for each packet costs more than relaying it. Above a rate
// the sockets are left alone for a millisecond, in which a batch gathers; that is small beside a packet's own 20 ms.
// Below, each packet goes at once. Pure: the loop that waits is the worker's.
#pragma once

#include <cstddef>

#include "base/time.hh"

namespace media {

class RelayPause {
 public:
    static constexpr base::Duration kPause{1000};
    static constexpr double kWorthwhile = 8;        // packets that a pause should gather

    // After the sockets were drained of `packets`: how long to leave them alone, zero for not at all.
    base::Duration after(std::size_t packets, base::Time now);

 private:
    base::Time last_{};
    double a_pause_brings_ = 0;                     // packets, smoothed
};

}  // namespace media
