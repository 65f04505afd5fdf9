// Ordered name=value parameters as URIs, name-addr and Via values hold them; names in any case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sip {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Of a header value, from its first semicolon on; the grammar has been checked (syntax.hh).
Parameters split_parameters(std::string_view text);

std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name);
std::optional<std::string_view> find_parameter(Parameters&& parameters, std::string_view name) = delete;   // it would be gone
void set_parameter(Parameters& parameters, std::string_view name,
                   std::string_view value);  // in its place or last
void remove_parameter(Parameters& parameters, std::string_view name);
void write_parameters(std::string& text, const Parameters& parameters);  // ";name" or ";name=value" each

}  // namespace sip
