// `sallyport drain`: no new calls, then the end.
#include "cli/online.hh"

namespace cli {

Command drain_command() {
    return {"drain",
            "",
            "Takes no new calls, and ends the daemon when the last one is over.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_say("drain", arguments, streams, "draining: no new calls are taken");
            }};
}

}  // namespace cli
