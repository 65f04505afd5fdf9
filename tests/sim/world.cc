#include "tests/sim/world.hh"

#include <algorithm>
#include <cstdio>

namespace sim {

World::World(std::uint64_t seed, bool verbose) : dice_(seed), verbose_(verbose) {}

void World::at(Time time, std::function<void()> what) {
    queue_.push_back({std::max(time, now_), ++last_number_, std::move(what)});
    std::ranges::push_heap(queue_, Later{});
}

bool World::run_until(Time end, std::size_t most_steps) {
    while (!queue_.empty() && queue_.front().time <= end) {
        if (most_steps-- == 0) return false;
        std::ranges::pop_heap(queue_, Later{});
        const Event event = std::move(queue_.back());
        queue_.pop_back();
        now_ = event.time;
        event.what();
    }
    now_ = end;
    return true;
}

bool World::chance(double probability) {
    return static_cast<double>(dice_.next() >> 11) * 0x1p-53 < probability;
}

Duration World::between(Duration least, Duration most) {
    return least + Duration(dice_.below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

void World::tell(std::string_view line) {
    stamp(line);
    if (verbose_)
        std::printf("%10.4f  %.*s\n", static_cast<double>(now_.time_since_epoch().count()) / 1e6 - 1000,
                    static_cast<int>(line.size()), line.data());
}

void World::stamp(std::string_view bytes) {
    for (const char c : bytes) fingerprint_ = (fingerprint_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
}

void World::broken(std::string what) {
    if (verbose_) std::printf("            *** %s\n", what.c_str());
    complaints_.push_back(std::move(what));
}

}  // namespace sim
