// What the `sallyport` command and the daemon say to each other on the control socket: one line of JSON each way.
//   {"command":"calls","arguments":["…"]}   →   {"ok":true,"result":…}   or   {"ok":false,"error":"…"}
// A client may send the next line once it has read its answer. POLICY.md names the fields of the results.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sallyportd {

inline constexpr std::string_view kControlSocket = "/run/sallyport/control.sock";   // unless the policy says otherwise
inline constexpr std::size_t kLongestRequest = 64 * 1024;

inline constexpr std::array<std::string_view, 14> kControlCommands{
    "status", "calls", "call",   "streams", "pinholes", "registrations", "peers",
    "stats",  "hangup", "reload", "drain",  "undrain", "ban",   "unban"};

}  // namespace sallyportd
