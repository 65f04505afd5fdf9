// The command line, read by Boost.Program_options, which stays behind this door.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cli/command.hh"

namespace cli {

struct WrongUsage {
    std::string text;
};
struct HelpWanted {};

// `words` is what follows the command's name.
std::variant<Arguments, HelpWanted, WrongUsage> read_arguments(const Command& command,
                                                               const std::vector<std::string>& words);

std::string help_of(const Command& command);
std::string help_of_all(std::span<const Command> commands);

}  // namespace cli
