// `sallyport drain`: no new calls, so that the daemon can be stopped.
#include "cli/online.hh"

namespace cli {

Command drain_command() {
    return {"drain",
            "[on | off]",
            "Takes no new calls; living calls go on. \"off\" takes calls again.",
            0,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("drain", arguments, streams, {"draining"});
            }};
}

}  // namespace cli
