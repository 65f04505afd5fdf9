#include "sip/parameters.hh"

#include <algorithm>

#include "base/text.hh"

namespace sip {
namespace {

auto named(std::string_view name) {
    return [name](const auto& parameter) { return base::equals_ignoring_case(parameter.first, name); };
}

}  // namespace

std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name) {
    const auto found = std::ranges::find_if(parameters, named(name));
    if (found == parameters.end()) return std::nullopt;
    return found->second;
}

void set_parameter(Parameters& parameters, std::string_view name, std::string_view value) {
    const auto found = std::ranges::find_if(parameters, named(name));
    if (found == parameters.end()) parameters.emplace_back(name, value);
    else found->second = value;
}

void remove_parameter(Parameters& parameters, std::string_view name) { std::erase_if(parameters, named(name)); }

void write_parameters(std::string& text, const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
        text += ';';
        text += name;
        if (value.empty()) continue;
        text += '=';
        text += value;
    }
}

}  // namespace sip
