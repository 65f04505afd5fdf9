// `sallyport explain`: what the policy does with one message: each rule asked, what it answered and why.
#include <boost/json.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "base/log.hh"
#include "cli/command.hh"
#include "cli/explanation.hh"
#include "policy/complaints.hh"
#include "policy/loader.hh"

namespace cli {
namespace {

int fail(const Streams& streams, const std::string& text, int code = kFailed) {
    streams.err << "sallyport: " << text << '\n';
    return code;
}

std::optional<base::ZoneId> zone_named(const policy::Snapshot& snapshot, std::string_view name) {
    for (std::size_t i = 0; i < snapshot.zones.size(); ++i)
        if (snapshot.zones[i].name == name) return base::ZoneId{static_cast<std::uint16_t>(i)};
    return std::nullopt;
}

std::optional<std::string> message_text(const Arguments& arguments) {
    std::ostringstream text;
    if (arguments.words.empty() || arguments.words.front() == "-") {
        text << std::cin.rdbuf();
    } else {
        std::ifstream file(arguments.words.front(), std::ios::binary);
        if (!file) return std::nullopt;
        text << file.rdbuf();
    }
    return std::move(text).str();
}

int explain_with(const policy::SnapshotPtr& snapshot, const Arguments& arguments, const Streams& streams) {
    Question question;
    const auto zone = zone_named(*snapshot, arguments.options.at("zone"));
    if (!zone) {
        std::vector<std::string> known;
        for (const auto& each : snapshot->zones) known.push_back(each.name);
        return fail(streams, "there is no zone \"" + arguments.options.at("zone") + '"' +
                                 policy::suggestion(arguments.options.at("zone"), known));
    }
    const auto source = base::Endpoint::parse(arguments.options.at("source"));
    if (!source)
        return fail(streams, "--source is written ADDRESS:PORT, like 203.0.113.7:5060 or [2001:db8::7]:5060",
                    kWrongUsage);
    const auto transport = arguments.has("transport")
                               ? base::parse_transport(arguments.options.at("transport"))
                               : std::optional(base::Transport::udp);
    if (!transport) return fail(streams, "--transport is one of udp, tcp, tls, ws, wss", kWrongUsage);
    const auto text = message_text(arguments);
    if (!text) return fail(streams, "cannot read " + arguments.words.front());
    question.zone = *zone;
    question.source = *source;
    question.transport = *transport;
    if (arguments.has("registered")) question.registered = arguments.options.at("registered");
    std::string complaint;
    const auto explanation = explain(snapshot, question, *text, complaint);
    if (!explanation) return fail(streams, complaint);
    if (arguments.json)
        streams.out << boost::json::serialize(explanation_as_json(*snapshot, *explanation)) << '\n';
    else
        print_explanation(streams.out, *snapshot, *explanation);
    return kGood;
}

int explain_command_run(const Arguments& arguments, const Streams& streams) {
    for (const std::string_view name : {"zone", "source"})
        if (!arguments.has(name))
            return fail(streams, "--" + std::string(name) + " is missing; see sallyport explain --help",
                        kWrongUsage);
    if (arguments.config.empty())
        return fail(streams, "-c FILE is missing; see sallyport explain --help", kWrongUsage);
    base::log::open({}, base::log::Level::error);   // what the engine would tell its operator is told here, but better
    const auto loaded = policy::load(arguments.config, {.check_local_addresses = false});
    for (const auto& complaint : loaded.complaints)
        if (complaint.is_error) streams.err << complaint.to_string() << '\n';
    return loaded.snapshot ? explain_with(loaded.snapshot, arguments, streams) : kFailed;
}

}  // namespace

Command explain_command() {
    return {"explain",
            "[MESSAGE.sip | -]",
            "Shows what a policy does with a message: each rule asked, and its answer.\n\nThe message is "
            "read from "
            "the file or from standard input; its lines may end in\nLF alone. The engine itself plays it and shows what would leave and what\nwould be answered; nothing is sent, "
            "and no peer and no DNS is asked.",
            0,
            1,
            {{"zone", "ZONE", "the zone that the message comes in by"},
             {"source", "ADDRESS:PORT", "where it comes from"},
             {"transport", "T", "udp, tcp, tls, ws or wss (udp)"},
             {"registered", "URI", "as if a phone with this Contact had registered, and the message were for it"}},
            explain_command_run};
}

}  // namespace cli
