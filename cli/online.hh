// What all commands share that ask the daemon.
#pragma once

#include <boost/json/fwd.hpp>

#include <functional>
#include <string>
#include <vector>

#include "cli/command.hh"

namespace cli {

// What a person reads may have another shape than what a program does.
using Reshape = boost::json::value (*)(const boost::json::value& result);

// Asks, and prints the result: as it is with --json, else as text with these columns first.
int ask_and_print(const std::string& command, const Arguments& arguments, const Streams& streams,
                  const std::vector<std::string>& columns, Reshape reshape = nullptr);

// The same for actions: `said` is what a person reads when it is done.
int ask_and_say(const std::string& command, const Arguments& arguments, const Streams& streams,
                const std::string& said);

}  // namespace cli
