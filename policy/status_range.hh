// Final response codes as policy names them: one, or a class ("5xx").
#pragma once

#include <algorithm>
#include <vector>

namespace policy {

struct StatusRange {
    int first = 0, last = 0;
    friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

using StatusRanges = std::vector<StatusRange>;

inline bool hold(const StatusRanges& ranges, int status) {
    return std::ranges::any_of(ranges, [&](const StatusRange& r) { return r.first <= status && status <= r.last; });
}

}  // namespace policy
