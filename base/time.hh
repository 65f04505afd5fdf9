// Time as the rooms see it: given from outside, never read from a clock (only daemon/ reads clocks).
#pragma once

#include <chrono>
#include <cstdint>

namespace base {

using Duration = std::chrono::microseconds;

// A tag for the monotonic time line that the worker (or the simulation) hands in.
struct HandedClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<HandedClock>;
    static constexpr bool is_steady = true;
};

// Monotonic, in microseconds since an arbitrary start.
using Time = HandedClock::time_point;

// "No deadline."
inline constexpr Time kNever = Time::max();

}  // namespace base
