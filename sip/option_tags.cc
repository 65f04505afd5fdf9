#include "sip/option_tags.hh"

#include <algorithm>
#include <string>

#include "base/text.hh"

namespace sip {

bool has_option(const Message& message, HeaderName list, std::string_view tag) {
    return std::ranges::any_of(message.items(list),
                               [tag](std::string_view item) { return base::equals_ignoring_case(item, tag); });
}

void add_option(Message& message, HeaderName list, std::string_view tag) {
    if (!has_option(message, list, tag)) message.add(list, tag);
}

void remove_option(Message& message, HeaderName list, std::string_view tag) {
    if (!has_option(message, list, tag)) return;
    std::string rest;
    for (const auto item : message.items(list)) {
        if (base::equals_ignoring_case(item, tag)) continue;
        if (!rest.empty()) rest += ", ";
        rest += item;
    }
    if (rest.empty()) message.remove(list);
    else message.set(list, rest);
}

}  // namespace sip
