// The way to a running daemon: one line of JSON each way over its control socket.
#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/command.hh"

namespace cli {

struct Failure {
    std::string text;
};

// {"command": …, "arguments": […]} to {"ok": true, "result": …} or {"ok": false, "error": …}. Waits 5
// seconds.
std::variant<boost::json::value, Failure> ask(const std::string& socket, const std::string& command,
                                              const std::vector<std::string>& words);

// --socket, or what the policy file of -c says, or the default.
std::variant<std::string, Failure> socket_of(const Arguments& arguments);

}  // namespace cli
