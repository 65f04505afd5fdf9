// `sallyport peers`: peers, the targets behind each, and whether they answer.
#include <boost/json.hpp>

#include "cli/online.hh"

namespace cli {
namespace {

namespace json = boost::json;

// For people: a line for each target, with its peer's name on it.
json::value by_target(const json::value& peers) {
    json::array lines;
    for (const auto& peer : peers.as_array()) {
        json::object line = peer.as_object();
        const json::array targets = line["targets"].as_array();
        line.erase("targets");
        if (targets.empty()) lines.push_back(line);
        for (const auto& target : targets) {
            json::object one{{"name", line["name"]}, {"zone", line["zone"]}, {"draining", line["draining"]}};
            one["target"] = target.at("transport").as_string();
            one["target"].as_string().append(" ").append(target.at("address").as_string());
            for (const char* key : {"priority", "weight", "state", "calls", "why"}) one[key] = target.at(key);
            lines.push_back(std::move(one));
        }
    }
    return lines;
}

}  // namespace

Command peers_command() {
    return {"peers",
            "",
            "All peers and the targets behind each: whether they answer, how many calls they have, why one is not used.",
            0,
            0,
            {},
            [](const Arguments& arguments, const Streams& streams) {
                return ask_and_print("peers", arguments, streams,
                                     {"name", "zone", "target", "state", "draining", "calls", "priority", "weight", "why"},
                                     by_target);
            }};
}

}  // namespace cli
