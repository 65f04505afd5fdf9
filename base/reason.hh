// The one closed list of refusals: each has a text for people, a name for counters and the SIP status that
// answers it (0: a silent, counted drop).
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

enum class Reason : std::uint8_t {
#define SALLYPORT_REASON(name, status, text) name,
#include "base/reason_list.inc"
#undef SALLYPORT_REASON
};

inline constexpr int kReasonCount = 0
#define SALLYPORT_REASON(name, status, text) +1
#include "base/reason_list.inc"
#undef SALLYPORT_REASON
    ;

std::string_view name_of(Reason reason);   // snake_case, stable: counters and logs use it
std::string_view text_of(Reason reason);   // for a person
int sip_status_of(Reason reason);          // 0: no answer

}  // namespace base
