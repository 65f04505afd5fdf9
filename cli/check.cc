// `sallyport check`: the errors of a policy, all at once.
#include <boost/json.hpp>

#include <algorithm>
#include <ostream>

#include "cli/command.hh"
#include "policy/loader.hh"

namespace cli {
namespace {

boost::json::object as_json(const policy::Loaded& loaded) {
    boost::json::array complaints;
    for (const auto& complaint : loaded.complaints)
        complaints.push_back({{"file", complaint.place.file},
                              {"line", complaint.place.line},
                              {"column", complaint.place.column},
                              {"severity", complaint.is_error ? "error" : "warning"},
                              {"text", complaint.text}});
    boost::json::object result{{"ok", loaded.snapshot != nullptr}, {"complaints", std::move(complaints)}};
    if (loaded.snapshot) result["policy_hash"] = loaded.snapshot->hash;
    return result;
}

std::string count(std::ptrdiff_t number, std::string_view what) {
    return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
}

int check(const Arguments& arguments, const Streams& streams) {
    const policy::LoadOptions options{.check_local_addresses = !arguments.has("elsewhere")};
    const std::string& file = arguments.words.empty() ? arguments.config : arguments.words.front();
    if (file.empty()) {
        streams.err << "sallyport: FILE is missing; see sallyport check --help\n";
        return kWrongUsage;
    }
    const policy::Loaded loaded = policy::load(file, options);
    for (const auto& complaint : loaded.complaints) streams.err << complaint.to_string() << '\n';
    if (arguments.json) streams.out << boost::json::serialize(as_json(loaded)) << '\n';
    const auto errors = std::ranges::count(loaded.complaints, true, &policy::Complaint::is_error);
    const auto warnings = static_cast<std::ptrdiff_t>(loaded.complaints.size()) - errors;
    if (!loaded.snapshot) {
        if (!arguments.json) streams.err << file << ": " << count(errors, "error") << '\n';
        return kFailed;
    }
    if (!arguments.json)
        streams.out << file << ": good" << (warnings ? ", " + count(warnings, "warning") : "") << " ("
                    << count(std::ssize(loaded.snapshot->zones), "zone") << ", "
                    << count(std::ssize(loaded.snapshot->peers), "peer") << ", hash " << loaded.snapshot->hash
                    << ")\n";
    return kGood;
}

}  // namespace

Command check_command() {
    return {"check",
            "FILE",
            "Checks a policy file and all that it includes.\n\nErrors and warnings go to standard error as "
            "file:line:column: error: what is\nwrong, and what to write instead. Exit code 0: the policy is "
            "good.",
            0,
            1,
            {{"elsewhere", "", "the policy is for another host: don't ask whether its addresses are here"}},
            check};
}

}  // namespace cli
