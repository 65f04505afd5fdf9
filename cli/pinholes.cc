// `sallyport pinholes`: what the firewall lets in now.
#include "cli/online.hh"

namespace cli {

Command pinholes_command() {
    return {"pinholes",
            "",
            "All open pinholes: what the firewall lets in for calls.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("pinholes", arguments, streams,
                                     {"call", "proto", "local", "remote", "packets", "bytes", "expires_s"});
            }};
}

}  // namespace cli
