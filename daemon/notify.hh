// Tells the service manager how the daemon stands (sd_notify's protocol: one datagram to $NOTIFY_SOCKET).
#pragma once

#include <string_view>

namespace sallyportd {

// "READY=1", "STOPPING=1". Nothing happens where nobody listens.
void notify(std::string_view state);

}  // namespace sallyportd
