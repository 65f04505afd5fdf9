// The simulated world: one virtual clock, one queue of what is still to happen, one pair of dice. Everything that a
// run does follows from its seed. It knows nothing of SIP.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.hh"
#include "base/time.hh"

namespace sim {

using base::Duration;
using base::Time;

class World {
 public:
    World(std::uint64_t seed, bool verbose);

    Time now() const { return now_; }
    // What was asked for the same instant happens in the order of asking.
    void at(Time time, std::function<void()> what);
    void after(Duration time, std::function<void()> what) { at(now_ + time, std::move(what)); }
    // Until the queue is empty or the end has come. False: more than `most_steps` were needed.
    bool run_until(Time end, std::size_t most_steps);

    base::Entropy& dice() { return dice_; }
    bool chance(double probability);
    Duration between(Duration least, Duration most);
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(dice_.below(bound)); }

    // One line of the ladder: shown when verbose, and always part of the fingerprint.
    void tell(std::string_view line);
    // The first line of what happened, without building it for nobody.
    bool verbose() const { return verbose_; }
    void stamp(std::string_view bytes);                     // part of the fingerprint only
    std::uint64_t fingerprint() const { return fingerprint_; }

    // An invariant does not hold.
    void broken(std::string what);
    const std::vector<std::string>& complaints() const { return complaints_; }

 private:
    struct Event {
        Time time;
        std::uint64_t number;
        std::function<void()> what;
    };
    struct Later {
        bool operator()(const Event& a, const Event& b) const {
            return a.time != b.time ? a.time > b.time : a.number > b.number;
        }
    };

    std::vector<Event> queue_;                              // a heap
    Time now_{std::chrono::seconds(1000)};
    std::uint64_t last_number_ = 0;
    base::SeededEntropy dice_;
    bool verbose_;
    std::uint64_t fingerprint_ = 0xcbf29ce484222325U;
    std::vector<std::string> complaints_;
};

}  // namespace sim
