// `sallyport peers`: peers and whether they answer.
#include "cli/online.hh"

namespace cli {

Command peers_command() {
    return {"peers",
            "",
            "All peers: where they are, whether they answer, how many calls they have.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("peers", arguments, streams, {"name", "zone", "uri", "state", "calls"});
            }};
}

}  // namespace cli
