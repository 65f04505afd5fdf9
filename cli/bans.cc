// `sallyport bans`: banned addresses.
#include "cli/online.hh"

namespace cli {

Command bans_command() {
    return {"bans",
            "",
            "Banned addresses and how long they stay banned.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("bans", arguments, streams, {"address", "reason", "expires_s"});
            }};
}

}  // namespace cli
