// What the runs of a simulation have reached: how many of each kind of story, and how much of the engine. Counted so
// that a change of the dice that loses a story is seen.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>

namespace sim {

struct Coverage {
    std::set<std::uint32_t> pairs;                  // of states, caller's and callee's
    std::map<std::string_view, std::uint64_t> counts;

    void count(std::string_view what, std::uint64_t times = 1) { counts[what] += times; }
};

}  // namespace sim
