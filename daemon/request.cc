#include "daemon/request.hh"

#include <boost/json.hpp>

namespace sallyportd {

namespace json = boost::json;

std::variant<Request, std::string> parse_request(std::string_view line) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    const json::object* object = error ? nullptr : value.if_object();
    const json::value* command = object ? object->if_contains("command") : nullptr;
    if (!command || !command->is_string()) return "not a line of JSON with a \"command\"";
    Request request{json::value_to<std::string>(*command), {}};
    const json::value* arguments = object->if_contains("arguments");
    if (!arguments) return request;
    if (!arguments->is_array()) return "\"arguments\" is not a list";
    for (const auto& argument : arguments->get_array()) {
        if (!argument.is_string()) return "an argument is not a text";
        request.arguments.push_back(json::value_to<std::string>(argument));
    }
    return request;
}

std::string success(json::value result) {
    return json::serialize(json::object{{"ok", true}, {"result", std::move(result)}});
}

std::string failure(std::string_view error) {
    return json::serialize(json::object{{"ok", false}, {"error", error}});
}

}  // namespace sallyportd
