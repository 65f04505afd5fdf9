// What every command of `sallyport` is: a name, what it takes, what it says of itself, and a function.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

// Exit codes, the same for all commands.
inline constexpr int kGood = 0, kFailed = 1, kWrongUsage = 2;

struct Arguments {
    bool json = false;
    std::string config;                                       // -c FILE; empty: not given
    std::string socket;                                       // --socket PATH; empty: not given
    std::vector<std::string> words;                           // what follows the command's name
    std::map<std::string, std::string, std::less<>> options;  // of this command alone
    bool has(std::string_view option) const { return options.contains(option); }
};

struct Streams {
    std::ostream& out;
    std::ostream& err;
};

struct Option {
    std::string name;
    std::string value;  // what stands for the value in the help; empty: a flag
    std::string help;
};

struct Command {
    std::string name;
    std::string words;  // "FILE", "[ID]", …
    std::string summary;
    std::size_t least_words = 0, most_words = 0;
    std::vector<Option> options;
    int (*run)(const Arguments& arguments, const Streams& streams) = nullptr;
};

// One function a command, each in its own file.
Command check_command();
Command explain_command();
Command status_command();
Command calls_command();
Command call_command();
Command streams_command();
Command pinholes_command();
Command registrations_command();
Command peers_command();
Command stats_command();
Command hangup_command();
Command reload_command();
Command drain_command();
Command undrain_command();
Command ban_command();
Command unban_command();

}  // namespace cli
