// `sallyport call`: one call in full.
#include "cli/online.hh"

namespace cli {

Command call_command() {
    return {"call",
            "ID",
            "One call with its streams and pinholes.",
            1,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("call", arguments, streams, {"id", "state", "from", "to"});
            }};
}

}  // namespace cli
