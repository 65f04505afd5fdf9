// What each command of the control socket does (control_protocol.hh).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sallyportd {

class Engine;

// Executes one line of JSON; `answer` gets one line, now or once all workers have said their part.
void execute(Engine& engine, std::string_view line, std::function<void(std::string)> answer);

}  // namespace sallyportd
