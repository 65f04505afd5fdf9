// `sallyport hangup`: ends one call.
#include "cli/online.hh"

namespace cli {

Command hangup_command() {
    return {"hangup",
            "ID",
            "Ends a call, with BYE or CANCEL to both sides.",
            1,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_say("hangup", arguments, streams, "hung up " + arguments.words.front());
            }};
}

}  // namespace cli
