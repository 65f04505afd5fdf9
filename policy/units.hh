// The small notations of policy files: durations, sizes, rates, ranges of ports.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/time.hh"
#include "policy/snapshot.hh"

namespace policy {

// How often: a token bucket that fills at `per_second` and holds `burst`.
struct Rate {
    double per_second = 0;
    double burst = 1;
    friend bool operator==(const Rate&, const Rate&) = default;
};

std::optional<base::Duration> parse_duration(std::string_view text);  // "30s", "500ms", "5m", "2h", "1d"
std::optional<std::size_t> parse_size(std::string_view text);         // "64KiB", "1MiB", "512B", "512"
std::optional<Rate> parse_rate(std::string_view text);                // "10/s", "100/m burst 50", "1000/h"
std::optional<PortRange> parse_ports(std::string_view text);  // "20000-29999"; first <= last, neither 0

}  // namespace policy
