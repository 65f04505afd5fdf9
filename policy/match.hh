// Whether a request fits the conditions of a route, and why not.
#pragma once

#include <string>

#include "policy/message_fields.hh"
#include "policy/routing.hh"
#include "policy/rules.hh"

namespace policy {

// `why` (may be null) gets the first condition that failed, or what matched.
bool matches(const Match& match, const Snapshot& snapshot, const Facts& facts, MessageFields& fields,
             std::string* why);

// Whether the origin of a request is one of `from`.
bool comes_from(const std::vector<Origin>& from, const Facts& facts);
// "zone outside or peer pbx", for a person.
std::string describe(const std::vector<Origin>& from, const Snapshot& snapshot);

// "from_user", as the key is written.
std::string_view key_of(Condition::Subject subject);

// True when every request that fits `later` fits `earlier` too, as far as it can be told from their text.
bool covers(const Match& earlier, const Match& later);

}  // namespace policy
