// A session timer (RFC 4028) at one side of a call, as data.
#pragma once

#include <cstdint>

#include "base/time.hh"
#include "base/timers.hh"
#include "sip/transactions.hh"

namespace sbc {

struct SessionTimer {
    std::uint32_t seconds = 0;           // agreed for this side; 0: the session does not expire
    std::uint32_t minimum = 0;           // the largest Min-SE that this side has named
    bool ours = false;                   // we refresh it
    base::Time expires{};
    base::TimerHandle timer;
};

// What the sender of an INVITE or UPDATE asks of the session's time.
struct SessionRequest {
    enum class Refresher : std::uint8_t { open, sender, receiver };
    bool speaks = false;                 // Supported: timer
    std::uint32_t seconds = 0;           // Session-Expires; 0: none
    Refresher refresher = Refresher::open;
};

}  // namespace sbc
