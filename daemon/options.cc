#include "daemon/options.hh"

#include <string_view>

namespace sallyportd {
namespace {

Options wrong(std::string error) {
    Options options;
    options.action = Options::Action::wrong;
    options.error = std::move(error);
    return options;
}

}  // namespace

const char* usage() {
    return "usage: sallyportd -c FILE [--foreground]\n"
           "       sallyportd -c FILE --check\n"
           "\n"
           "The session border controller's daemon.\n"
           "\n"
           "  -c, --config FILE   the policy's main file\n"
           "  -f, --foreground    stay in the foreground; else go to the background once ready\n"
           "      --check         read the policy, say all that is wrong with it, and end: 0 when it is good\n"
           "  -h, --help          this text\n"
           "  -V, --version       the version\n"
           "\n"
           "Signals: TERM ends calls, then the daemon (twice: at once); HUP reads the policy again; USR1 opens the\n"
           "log file anew; USR2 begins anew in the program on the disk and keeps the calls. Needs\n"
           "root, or CAP_NET_ADMIN, CAP_NET_RAW, CAP_SETUID and CAP_SETGID.\n";
}

Options parse_options(std::span<const char* const> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "-c" || argument == "--config") {
            if (++i == arguments.size()) return wrong(std::string(argument) + " needs a file");
            options.file = arguments[i];
        } else if (argument.starts_with("--config=")) {
            options.file = argument.substr(9);
        } else if (argument == "-f" || argument == "--foreground") {
            options.foreground = true;
        } else if (argument == "--check") {
            options.action = Options::Action::check;
        } else if (argument == "-h" || argument == "--help") {
            options.action = Options::Action::help;
            return options;
        } else if (argument == "-V" || argument == "--version") {
            options.action = Options::Action::version;
            return options;
        } else {
            return wrong("unknown argument " + std::string(argument));
        }
    }
    if (options.file.empty()) return wrong("-c FILE is missing");
    return options;
}

}  // namespace sallyportd
