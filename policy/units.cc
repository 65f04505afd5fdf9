// The small notations of policy files. Digits only, one unit, nothing around them.
#include "policy/units.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/number.hh"
#include "base/text.hh"

namespace policy {
namespace {

// "30s" to 30 and "s"; no blank between them.
std::optional<std::pair<std::uint32_t, std::string_view>> split_unit(std::string_view text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = base::to_number<std::uint32_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    return std::pair(*number, text.substr(end));
}

struct DurationUnit {
    std::string_view name;
    base::Duration length;
};
constexpr std::array<DurationUnit, 5> kDurations{{{"ms", std::chrono::milliseconds(1)},
                                                  {"s", std::chrono::seconds(1)},
                                                  {"m", std::chrono::minutes(1)},
                                                  {"h", std::chrono::hours(1)},
                                                  {"d", std::chrono::hours(24)}}};

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) {
    const auto parts = split_unit(text);
    if (!parts) return std::nullopt;
    const auto unit = std::ranges::find(kDurations, parts->second, &DurationUnit::name);
    if (unit == kDurations.end()) return std::nullopt;
    return unit->length * static_cast<std::int64_t>(parts->first);
}

std::optional<std::size_t> parse_size(std::string_view text) {
    const auto parts = split_unit(text);
    if (!parts) return std::nullopt;
    const auto [number, unit] = *parts;
    if (unit.empty() || unit == "B") return number;
    if (unit == "KiB") return std::size_t{number} << 10;
    if (unit == "MiB") return std::size_t{number} << 20;
    return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || slash + 1 >= text.size()) return std::nullopt;
    const auto count = base::to_number<std::uint32_t>(text.substr(0, slash));
    if (!count || *count == 0) return std::nullopt;
    double seconds = 0;
    switch (text[slash + 1]) {
        case 's':
            seconds = 1;
            break;
        case 'm':
            seconds = 60;
            break;
        case 'h':
            seconds = 3600;
            break;
        default:
            return std::nullopt;
    }
    Rate rate{*count / seconds, static_cast<double>(*count)};
    std::string_view rest = text.substr(slash + 2);
    if (rest.empty()) return rate;
    constexpr std::string_view kBurst = " burst ";
    if (!rest.starts_with(kBurst)) return std::nullopt;
    const auto burst = base::to_number<std::uint32_t>(rest.substr(kBurst.size()));
    if (!burst || *burst == 0) return std::nullopt;
    rate.burst = *burst;
    return rate;
}

std::optional<PortRange> parse_ports(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = base::to_number<std::uint16_t>(text.substr(0, dash));
    const auto last = base::to_number<std::uint16_t>(text.substr(dash + 1));
    if (!first || !last || *first == 0 || *first > *last) return std::nullopt;
    return PortRange{*first, *last};
}

}  // namespace policy
