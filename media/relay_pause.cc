#include "media/relay_pause.hh"

#include <algorithm>

namespace media {
namespace {

// The memory of the rate: long beside a pause and a packet's 20 ms, short beside what a person notices.
constexpr base::Duration kMemory{100'000};

}  // namespace

base::Duration RelayPause::after(std::size_t packets, base::Time now) {
    const auto passed = std::max(now - last_, base::Duration{1});
    last_ = now;
    const double share = std::min(1.0, static_cast<double>(passed.count()) / static_cast<double>(kMemory.count()));
    const double brought = static_cast<double>(packets) * static_cast<double>(kPause.count()) /
                           static_cast<double>(passed.count());
    a_pause_brings_ += (brought - a_pause_brings_) * share;
    return a_pause_brings_ < kWorthwhile ? base::Duration{0} : kPause;
}

}  // namespace media
