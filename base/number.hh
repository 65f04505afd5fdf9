// The one checked way from text of the network to a number: digits only, the whole text, in range.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <string_view>

namespace base {

// Decimal digits only: no sign, no blanks, no 0x. Empty, trailing text and overflow answer nullopt.
template <std::unsigned_integral Number>
std::optional<Number> to_number(std::string_view text, Number max = std::numeric_limits<Number>::max()) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > max) return std::nullopt;
    return number;
}

}  // namespace base
