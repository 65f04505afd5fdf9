// `sallyport status`: the daemon at a glance.
#include "cli/online.hh"

namespace cli {

Command status_command() {
    return {"status",
            "",
            "The daemon at a glance: version, calls, registrations, pinholes, policy.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("status", arguments, streams,
                                     {"version", "uptime_s", "workers", "calls", "calls_total", "cps",
                                      "registrations", "registrars_gone", "pinholes", "policy_hash", "policy_loaded"});
            }};
}

}  // namespace cli
