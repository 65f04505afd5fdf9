// `sallyport stats`: counters and refusals by reason.
#include "cli/online.hh"

namespace cli {

Command stats_command() {
    return {"stats",
            "",
            "All counters since the start, refusals by reason among them.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("stats", arguments, streams, {"name", "value"});
            }};
}

}  // namespace cli
