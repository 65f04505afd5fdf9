// Header rules: declarative edits of a message that leaves (add, set, remove, rename, copy), with conditions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/place.hh"
#include "sip/message.hh"

namespace re2 { class RE2; }

namespace policy {

struct HeaderRule {
    enum class Action { add, set, remove, rename, copy } action = Action::set;
    std::string header;                 // may end in '*' for remove
    std::string value;                  // template: {from.user}, {to.host}, {header.NAME}, {1} …; rename and copy: the new name
    std::optional<std::string> when_missing, when_present;
    std::optional<std::string> when_header;                 // with `matches`
    std::shared_ptr<const re2::RE2> when_matches;
    std::optional<bool> requests;       // none: requests and responses alike
    std::vector<std::string> methods;   // none: all
    Place place;
};

struct HeaderRules {
    std::string name;
    Place place;
    std::vector<HeaderRule> rules;
};

// Applies all rules in order. A value that would hold CR, LF or a control character is not set (and counted by the
// return value: how many rules were refused). Mandatory headers (Via, From, To, Call-ID, CSeq, Contact, Max-Forwards,
// Content-Length, Route, Record-Route) are never touched; the loader refuses rules that name them.
int apply(const HeaderRules& rules, sip::Message& message);

// One of the mandatory headers above, in its long or compact form and any case.
bool is_protected_header(std::string_view name);

}  // namespace policy
