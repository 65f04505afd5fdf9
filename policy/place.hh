// Where in the policy files something was said: what errors, explain and logs quote.
#pragma once

#include <cstdint>
#include <string>

namespace policy {

struct Place {
    std::string file;
    std::uint32_t line = 0, column = 0;
    std::string to_string() const { return file + ":" + std::to_string(line) + ":" + std::to_string(column); }
};

}  // namespace policy
