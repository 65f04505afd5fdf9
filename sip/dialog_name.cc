// Owns: RFC 3891, 6.1 and RFC 3911, 7.1, the grammar of both.
#include "sip/dialog_name.hh"

#include <algorithm>

#include "base/text.hh"
#include "sip/parameters.hh"

namespace sip {

std::optional<DialogName> DialogName::parse(std::string_view value) {
    const auto semicolon = std::min(value.find(';'), value.size());
    const auto parameters = split_parameters(value.substr(semicolon));
    const auto to_tag = find_parameter(parameters, "to-tag"), from_tag = find_parameter(parameters, "from-tag");
    DialogName name;
    name.call_id = base::trimmed(value.substr(0, semicolon));
    if (name.call_id.empty() || !to_tag || !from_tag || to_tag->empty() || from_tag->empty()) return std::nullopt;
    name.to_tag = *to_tag;
    name.from_tag = *from_tag;
    name.early_only = find_parameter(parameters, "early-only").has_value();
    return name;
}

std::string DialogName::to_string() const {
    return call_id + ";to-tag=" + to_tag + ";from-tag=" + from_tag + (early_only ? ";early-only" : "");
}

}  // namespace sip
