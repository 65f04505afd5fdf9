// The answer to a request that the guard or the parser refused: built from what can still be read of it, without
// trusting the rest (RFC 3261, 8.2.6; RFC 4475's 400, 416, 505, 513).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/reason.hh"

namespace sip {

// The bytes of the response, or nothing where none is due (responses, ACK, no usable Via).
// `received` and `rport` are added to the top Via as RFC 3261, 18.2.1 and RFC 3581 want; the answer is never larger
// than the request.
std::optional<std::string> refuse(std::string_view bytes, base::Reason reason, std::string_view received,
                                  std::uint16_t rport);

}  // namespace sip
