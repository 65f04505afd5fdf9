// The `sallyport` command: finds the command that is meant, and gives it the rest.
#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli/arguments.hh"
#include "config.h"

namespace {

std::vector<cli::Command> all_commands() {
    return {cli::check_command(),    cli::explain_command(),       cli::status_command(),
            cli::calls_command(),    cli::call_command(),          cli::streams_command(),
            cli::pinholes_command(), cli::registrations_command(), cli::peers_command(),
            cli::stats_command(),    cli::ban_command(),           cli::unban_command(),
            cli::hangup_command(),   cli::reload_command(),        cli::drain_command(),
            cli::undrain_command()};
}

int wrong(const std::string& text) {
    std::cerr << "sallyport: " << text << '\n';
    return cli::kWrongUsage;
}

int run(const std::vector<std::string>& words) {
    const auto commands = all_commands();
    if (words.empty()) {
        std::cerr << cli::help_of_all(commands);
        return cli::kWrongUsage;
    }
    std::string name = words.front();
    std::vector<std::string> rest(words.begin() + 1, words.end());
    if (name == "--version" || name == "-V" || name == "version") {
        std::cout << "sallyport " PACKAGE_VERSION "\n";
        return cli::kGood;
    }
    if (name == "help" && !rest.empty()) {
        name = rest.front();
        rest = {"--help"};
    }
    if (name == "--help" || name == "-h" || name == "help") {
        std::cout << cli::help_of_all(commands);
        return cli::kGood;
    }
    const auto command = std::ranges::find(commands, name, &cli::Command::name);
    if (command == commands.end()) return wrong("there is no command \"" + name + "\"; see sallyport --help");
    const auto arguments = cli::read_arguments(*command, rest);
    if (std::holds_alternative<cli::HelpWanted>(arguments)) {
        std::cout << cli::help_of(*command);
        return cli::kGood;
    }
    if (const auto* usage = std::get_if<cli::WrongUsage>(&arguments))
        return wrong(usage->text + "; see sallyport " + name + " --help");
    return command->run(std::get<cli::Arguments>(arguments), {std::cout, std::cerr});
}

}  // namespace

int main(int count, char** words) {
    try {
        return run({words + 1, words + count});
    } catch (const std::exception& problem) {
        std::cerr << "sallyport: " << problem.what() << '\n';
        return cli::kFailed;
    }
}
