// What a call or a registration needs to live on when its process dies, as an effect: the record of a key is put, or
// erased, after everything else that the same input set off. What stands in a record is not decided here
// (call_journal.hh, registration_journal.hh).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hh"

namespace sbc {

struct Context;

struct Journal {
    std::string key;
    std::optional<std::string> record;   // none: erased
};

// Whose record it is; nothing: the key is none of ours.
std::optional<base::WorkerId> home_of_kept(std::string_view key);

// The records of all calls and registrations that were touched since the last time, where they changed.
void journal_touched(Context& context);

}  // namespace sbc
