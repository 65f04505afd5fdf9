// A call record as its line in the file; docs/call-records.md is its schema.
#pragma once

#include <string>
#include <string_view>

#include "sbc/call_record.hh"

namespace sallyportd {

// One JSON object and a line end. `node`: this machine's name in the policy.
std::string line_of(const sbc::CallRecord& record, std::string_view node);

}  // namespace sallyportd
