// The call record of a call that another process began and this one cannot go on with: it was in setup, for nothing of an
// early dialog can be taken up again, or it cannot live again. Nobody else would write it down.
#pragma once

#include <string>
#include <string_view>

#include "sbc/call_record.hh"

namespace sbc {

struct KeptCall;

// Of a call in setup: what would be written of it now, as a record of the journal under the call's key.
std::string attempt_bytes(const Context& context, const Call& call);

// Nothing: the bytes are no attempt's (decode_call() reads those of established calls), or not well-formed.
std::optional<CallRecord> record_of_attempt(const Context& context, std::string_view bytes);

// Of an established call that does not live again. Its media figures have died with the process.
CallRecord record_of_lost(const Context& context, const KeptCall& call);

}  // namespace sbc
