// `sallyport registrations`: phones registered through us.
#include "cli/online.hh"

namespace cli {

Command registrations_command() {
    return {"registrations",
            "",
            "Phones that have registered through us.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("registrations", arguments, streams,
                                     {"aor", "contact", "zone", "source", "peer", "expires_s"});
            }};
}

}  // namespace cli
