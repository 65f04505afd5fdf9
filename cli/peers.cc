// `sallyport peers`: peers and whether they answer.
#include "cli/online.hh"

namespace cli {

Command peers_command() {
    return {"peers",
            "",
            "All peers: where they are, whether they answer, how many calls they have, and where we\nregister with one, how that stands.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("peers", arguments, streams, {"name", "zone", "uri", "state", "calls", "registered", "expires_s", "last_failure"});
            }};
}

}  // namespace cli
