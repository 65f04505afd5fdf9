// One line of the control socket, taken apart and answered. Pure.
#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyportd {

struct Request {
    std::string command;
    std::vector<std::string> arguments;
};

// Or what is wrong with the line.
std::variant<Request, std::string> parse_request(std::string_view line);

std::string success(boost::json::value result);
std::string failure(std::string_view error);

}  // namespace sallyportd
