// The values of header rules: text with {placeholders}, checked by the loader, filled in for each message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/message_fields.hh"

namespace policy {

// What is wrong with a template, or nothing. `captures`: how many {1} … there may be.
std::optional<std::string> template_error(std::string_view text, int captures);

// None where a placeholder has nothing to put: half a value would be worse than none. "{{" writes a brace.
// captures[0] is the whole match, captures[1] what {1} stands for.
std::optional<std::string> expand_template(std::string_view text, MessageFields& fields,
                                           const std::vector<std::string>& captures);

}  // namespace policy
