#include "sip/parameters.hh"

#include <algorithm>

#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

auto named(std::string_view name) {
    return [name](const auto& parameter) { return base::equals_ignoring_case(parameter.first, name); };
}

}  // namespace

Parameters split_parameters(std::string_view text) {
    Parameters parameters;
    for (std::size_t at = std::min(text.find(';'), text.size()); at < text.size();) {
        const std::size_t begin = ++at;
        std::size_t equals = std::string_view::npos;
        while (at < text.size() && text[at] != ';') {
            if (text[at] == '=' && equals == std::string_view::npos) equals = at;
            at = text[at] == '"' ? std::min(skip_quoted(text, at), text.size()) : at + 1;
        }
        const std::size_t name_end = std::min(equals, at);
        parameters.emplace_back(
            base::trimmed(text.substr(begin, name_end - begin)),
            base::trimmed(text.substr(std::min(name_end + 1, at), at - std::min(name_end + 1, at))));
    }
    return parameters;
}

std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name) {
    const auto found = std::ranges::find_if(parameters, named(name));
    if (found == parameters.end()) return std::nullopt;
    return found->second;
}

void set_parameter(Parameters& parameters, std::string_view name, std::string_view value) {
    const auto found = std::ranges::find_if(parameters, named(name));
    if (found == parameters.end())
        parameters.emplace_back(name, value);
    else
        found->second = value;
}

void remove_parameter(Parameters& parameters, std::string_view name) {
    std::erase_if(parameters, named(name));
}

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
