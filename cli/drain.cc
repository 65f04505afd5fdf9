// `sallyport drain` and `undrain`: no new calls, to one peer or at all, so that it can be stopped.
#include "cli/online.hh"

namespace cli {

Command drain_command() {
    return {"drain",
            "[PEER | on | off]",
            "Sends no new calls to a peer, or takes none at all; living calls go on. \"off\" takes calls again.",
            0,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("drain", arguments, streams, {"peer", "draining"});
            }};
}

Command undrain_command() {
    return {"undrain",
            "[PEER]",
            "Sends new calls to a drained peer again, or takes calls again.",
            0,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("undrain", arguments, streams, {"peer", "draining"});
            }};
}

}  // namespace cli
