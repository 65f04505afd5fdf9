// `sallyport calls`: all living calls.
#include "cli/online.hh"

namespace cli {

Command calls_command() {
    return {
        "calls", "", "All living calls.", 0, 0, {}, [](const Arguments& arguments, const Streams& streams) {
            return ask_and_print(
                "calls", arguments, streams,
                {"id", "state", "from", "to", "zone_a", "zone_b", "peer_a", "peer_b", "started", "streams"});
        }};
}

}  // namespace cli
