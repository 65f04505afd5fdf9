// `sallyport unban`: lifts a ban.
#include "cli/online.hh"

namespace cli {

Command unban_command() {
    return {"unban",
            "ADDRESS",
            "Lifts the ban of an address.",
            1,
            1,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_say("unban", arguments, streams, "unbanned " + arguments.words.front());
            }};
}

}  // namespace cli
