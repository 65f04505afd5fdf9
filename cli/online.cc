// Question, answer, text: the common part of the commands that talk to the daemon.
#include "cli/online.hh"

#include <boost/json.hpp>

#include <ostream>

#include "cli/control_client.hh"
#include "cli/render.hh"

namespace cli {
namespace {

std::variant<boost::json::value, Failure> result_of(const std::string& command, const Arguments& arguments) {
    const auto socket = socket_of(arguments);
    if (const auto* failure = std::get_if<Failure>(&socket)) return *failure;
    return ask(std::get<std::string>(socket), command, arguments.words);
}

template <class Print>
int ask_and(const std::string& command, const Arguments& arguments, const Streams& streams, Print print) {
    const auto result = result_of(command, arguments);
    if (const auto* failure = std::get_if<Failure>(&result)) {
        streams.err << "sallyport: " << failure->text << '\n';
        return kFailed;
    }
    const auto& value = std::get<boost::json::value>(result);
    if (arguments.json)
        streams.out << boost::json::serialize(value) << '\n';
    else
        print(value);
    return kGood;
}

}  // namespace

int ask_and_print(const std::string& command, const Arguments& arguments, const Streams& streams,
                  const std::vector<std::string>& columns, Reshape reshape) {
    return ask_and(command, arguments, streams, [&](const boost::json::value& value) {
        print_value(streams.out, reshape ? reshape(value) : value, columns);
    });
}

int ask_and_say(const std::string& command, const Arguments& arguments, const Streams& streams,
                const std::string& said) {
    return ask_and(command, arguments, streams,
                   [&](const boost::json::value&) { streams.out << said << '\n'; });
}

}  // namespace cli
