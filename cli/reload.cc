// `sallyport reload`: new policy files for a running daemon.
#include "cli/online.hh"

namespace cli {

Command reload_command() {
    return {"reload",
            "",
            "Reads the policy files again; with any error the old policy stays.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("reload", arguments, streams, {"policy_hash"});
            }};
}

}  // namespace cli
