// The clocks, read here and nowhere below: the monotonic line that all rooms live on, and the wall for people.
#pragma once

#include <string>

#include "base/time.hh"

namespace sallyportd {

base::Time monotonic_now();
// What the wall clock is ahead of it now.
base::Duration wall_ahead();

// "2024-02-29T12:00:00.000Z" (RFC 3339) of a moment on the monotonic line, by the wall clock as it stands now.
std::string rfc3339(base::Time moment);

}  // namespace sallyportd
