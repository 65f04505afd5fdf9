// `sallyport ban`: drops what an address sends.
#include "cli/online.hh"

namespace cli {

Command ban_command() {
    return {"ban",
            "ADDRESS [SECONDS]",
            "Drops all that an address sends, for a time or the usual one.",
            1,
            2,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_say("ban", arguments, streams, "banned " + arguments.words.front());
            }};
}

}  // namespace cli
