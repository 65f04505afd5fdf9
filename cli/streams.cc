// `sallyport streams`: media streams and their counters.
#include "cli/online.hh"

namespace cli {

Command streams_command() {
    return {"streams",
            "",
            "All media streams: addresses of both sides, packets, loss, jitter, and the path they take.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("streams", arguments, streams,
                                     {"call", "media", "path", "a.local", "a.remote", "a.latched",
                                      "a.packets", "a.bytes", "a.lost", "a.jitter_ms", "b.local", "b.remote",
                                      "b.latched", "b.packets", "b.bytes", "b.lost", "b.jitter_ms"});
            }};
}

}  // namespace cli
