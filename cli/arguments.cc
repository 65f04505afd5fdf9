// Options of all commands (--json, --socket, -c, --help) and of each, and the text of the help.
#include "cli/arguments.hh"

#include <boost/program_options.hpp>

#include <algorithm>
#include <sstream>

namespace cli {
namespace {

namespace po = boost::program_options;

constexpr unsigned kHelpWidth = 100;

po::options_description options_of(const Command& command) {
    po::options_description options("Options", kHelpWidth);
    auto add = options.add_options();
    for (const Option& option : command.options)
        if (option.value.empty())
            add(option.name.c_str(), option.help.c_str());
        else
            add(option.name.c_str(), po::value<std::string>()->value_name(option.value), option.help.c_str());
    add("json", "print the result as one line of JSON");
    add("socket", po::value<std::string>()->value_name("PATH"), "the daemon's control socket");
    add("config,c", po::value<std::string>()->value_name("FILE"),
        "the policy file; says where the control socket is");
    add("help,h", "show this help");
    return options;
}

Arguments taken(const Command& command, const po::variables_map& values) {
    Arguments arguments;
    arguments.json = values.contains("json");
    if (values.contains("socket")) arguments.socket = values["socket"].as<std::string>();
    if (values.contains("config")) arguments.config = values["config"].as<std::string>();
    if (values.contains("words")) arguments.words = values["words"].as<std::vector<std::string>>();
    for (const Option& option : command.options)
        if (values.contains(option.name))
            arguments.options[option.name] =
                option.value.empty() ? "" : values[option.name].as<std::string>();
    return arguments;
}

}  // namespace

std::variant<Arguments, HelpWanted, WrongUsage> read_arguments(const Command& command,
                                                               const std::vector<std::string>& words) {
    po::options_description all = options_of(command);
    all.add_options()("words", po::value<std::vector<std::string>>(), "");
    po::positional_options_description positional;
    positional.add("words", -1);
    // No guessing of abbreviated options: a script must not break when an option is added.
    constexpr int kStyle = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    Arguments arguments;
    try {
        po::variables_map values;
        po::store(po::command_line_parser(words).options(all).positional(positional).style(kStyle).run(),
                  values);
        po::notify(values);
        if (values.contains("help")) return HelpWanted{};
        arguments = taken(command, values);
    } catch (const po::error& problem) {
        return WrongUsage{problem.what()};
    }
    if (arguments.words.size() < command.least_words) return WrongUsage{command.words + " is missing"};
    if (arguments.words.size() > command.most_words)
        return WrongUsage{"\"" + arguments.words[command.most_words] + "\" is too much"};
    return arguments;
}

std::string help_of(const Command& command) {
    std::ostringstream text;
    text << "Usage: sallyport " << command.name << " [OPTIONS]" << (command.words.empty() ? "" : " ")
         << command.words << "\n\n"
         << command.summary << "\n\n"
         << options_of(command);
    return text.str();
}

std::string help_of_all(std::span<const Command> commands) {
    std::size_t width = 0;
    for (const Command& command : commands)
        width = std::max(width, command.name.size() + 1 + command.words.size());
    std::string text =
        "Usage: sallyport COMMAND [OPTIONS] [ARGUMENTS]\n\n"
        "Checks and explains policy files, and talks to a running sallyportd.\n\nCommands:\n";
    for (const Command& command : commands) {
        const std::string head = command.name + (command.words.empty() ? "" : " ") + command.words;
        text += "  " + head + std::string(width - head.size() + 2, ' ') +
                command.summary.substr(0, command.summary.find('\n')) + '\n';
    }
    text +=
        "\nAll take --json, --socket PATH, -c FILE and --help. Exit code 0: done; 1: an error, told on\n"
        "standard error; 2: wrong usage. See sallyport(1) and sallyport.toml(5).\n";
    return text;
}

}  // namespace cli
