// The daemon's command line. Pure.
#pragma once

#include <span>
#include <string>

namespace sallyportd {

struct Options {
    enum class Action { serve, check, help, version, wrong } action = Action::serve;
    std::string file;
    bool foreground = false;
    std::string error;         // when wrong
};

Options parse_options(std::span<const char* const> arguments);   // without the program's name
const char* usage();

}  // namespace sallyportd
