#include "policy/emergency.hh"

#include <algorithm>

#include "policy/message_fields.hh"

namespace policy {

std::string plain_number(std::string_view text) {
    std::string number;
    for (const char c : text.substr(0, text.find(';'))) {
        if (std::string_view("-.() ").find(c) != std::string_view::npos) continue;
        if (!(c >= '0' && c <= '9') && !(c == '+' && number.empty()) && c != '*' && c != '#') return {};
        number += c;
    }
    return number;
}

bool is_emergency(const Snapshot& snapshot, const sip::Message& request) {
    MessageFields fields(request);
    if (fields.is_emergency()) return true;
    const auto& numbers = snapshot.emergency.numbers;
    if (numbers.empty()) return false;
    const auto number = plain_number(unescaped(user_of(fields.request_uri())));
    return !number.empty() && std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace policy
