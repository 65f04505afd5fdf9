// sallyportd: reads the policy, proves that the host can carry it, opens what needs privilege, and becomes the warden,
// whose child is the engine.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>

#include "base/log.hh"
#include "config.h"
#include "daemon/background.hh"
#include "daemon/control.hh"
#include "daemon/engine.hh"
#include "daemon/listeners.hh"
#include "daemon/notify.hh"
#include "daemon/options.hh"
#include "daemon/preflight.hh"
#include "daemon/privilege.hh"
#include "daemon/warden.hh"
#include "daemon/warden_table.hh"
#include "media/relay_socket.hh"
#include "policy/loader.hh"

namespace {

using namespace sallyportd;

constexpr int kMediaBuffer = 4 * 1024 * 1024;
constexpr unsigned kMostWorkers = 64;

int fail(const std::string& why) {
    std::fprintf(stderr, "sallyportd: error: %s\n", why.c_str());
    return 1;
}

std::string absolute(const std::string& file) {
    char path[PATH_MAX];
    return ::realpath(file.c_str(), path) ? path : file;
}

// Says all complaints; null when there was an error.
policy::SnapshotPtr load(const std::string& file) {
    const policy::Loaded loaded = policy::load(file, {});
    for (const auto& complaint : loaded.complaints) std::fprintf(stderr, "%s\n", complaint.to_string().c_str());
    return loaded.snapshot;
}

base::log::Level level_of(const std::string& name) {
    if (name == "debug") return base::log::Level::debug;
    if (name == "warning") return base::log::Level::warning;
    return name == "error" ? base::log::Level::error : base::log::Level::info;
}

unsigned workers_of(const policy::Snapshot& policy) {
    const unsigned wanted = policy.node.workers ? policy.node.workers : std::thread::hardware_concurrency();
    return std::clamp(wanted, 1u, kMostWorkers);
}

// All that is wrong with the host, before anything is opened. True: the daemon can start.
bool host_is_fit(const policy::Snapshot& policy) {
    auto complaints = missing_privileges();
    if (complaints.empty() && is_control_alive(policy.node.control))
        complaints.push_back("another sallyportd is running: it answers at " + policy.node.control);
    for (const auto& complaint : complaints) fail(complaint);
    if (!complaints.empty()) return false;
    for (const auto& complaint : complaints_of(policy)) {
        std::fprintf(stderr, "%s\n", complaint.c_str());
        complaints.push_back(complaint);
    }
    return complaints.empty();
}

std::string pid_file_of(const policy::Snapshot& policy) { return folder_of(policy.node.control) + "/sallyportd.pid"; }

// What lives on while engines come and go.
struct House {
    std::string program;                 // its file, as it was found at the start
    std::string file;
    policy::SnapshotPtr policy;
    std::vector<media::RelayDescriptors> relays;
    net::Descriptor control;
    Background background;
    bool has_served = false;

    // In the child, with the warden's privileges.
    int run_engine(const std::vector<int>& links) {
        if (has_served)   // a crash: what the files say now, unless it is wrong
            if (const auto again = policy::load(file, {}); again.snapshot) policy = again.snapshot;
        return Engine({file, policy, relays, control.release(), links}).run();
    }

    void on_ready() {
        has_served = true;
        base::log::info("ready", base::log::Fields("program", "sallyportd")("version", PACKAGE_VERSION)(
                                     "node", policy->node.name)("policy", policy->hash));
        notify("READY=1");
        background.ready();
    }
};

void open_house(House& house) {
    const policy::Node& node = house.policy->node;
    const Account engine = account_of(node.user);
    make_folder(folder_of(node.control), {});   // the warden's: it takes the socket away at the end
    make_journal_folder(node, engine);
    make_folder(folder_of(house.policy->records.file), engine);
    if (!node.log_file.empty() && ::chown(node.log_file.c_str(), engine.user, engine.group) && errno != EPERM)
        throw std::system_error(errno, std::generic_category(), node.log_file);
    house.control = open_control(node.control, engine.group);
    for (unsigned i = 0; i < workers_of(*house.policy); ++i)
        house.relays.push_back(media::open_relay_descriptors(kMediaBuffer));
}

// The same process as the program that is on the disk now; the table and the journal wait for it. Returns where that
// program does not start.
int begin_anew(const House& house) {
    base::log::info("new_life", base::log::Fields("program", house.program));
    keep_capabilities();
    std::vector<char*> arguments;
    for (const char* text : {house.program.c_str(), "--foreground", "--config", house.file.c_str()})
        arguments.push_back(const_cast<char*>(text));
    arguments.push_back(nullptr);
    ::execv(house.program.c_str(), arguments.data());
    return fail("cannot execute " + house.program + ": " + std::strerror(errno));
}

int keep_house(House& house) {
    const unsigned links = static_cast<unsigned>(house.relays.size()) + 1;
    std::vector<std::uint16_t> steer_ports;
    for (const auto& relay : house.relays) steer_ports.push_back(relay.steer_port);
    WardenSettings settings;
    settings.table = table_of(*house.policy, steer_ports);
    settings.links = links;
    settings.engine = [&house](const std::vector<int>& sockets) { return house.run_engine(sockets); };
    settings.on_ready = [&house] { house.on_ready(); };
    const std::string control = house.policy->node.control, pid_file = pid_file_of(*house.policy);
    std::ofstream(pid_file) << ::getpid() << '\n';
    limit_warden();
    std::optional<int> status;
    {
        Warden warden(std::move(settings));
        const int ended = warden.run();
        if (!warden.wants_new_life()) status = ended;
    }
    if (!status) return begin_anew(house);
    notify("STOPPING=1");
    (void)::unlink(control.c_str());
    (void)::unlink(pid_file.c_str());
    return *status;
}

int serve(const Options& options, policy::SnapshotPtr policy) {
    if (!host_is_fit(*policy)) return 1;
    raise_descriptor_limit();
    base::log::open(policy->node.log_file, level_of(policy->node.log_level));
    House house;
    house.program = absolute("/proc/self/exe");
    house.file = absolute(options.file);
    house.policy = std::move(policy);
    open_house(house);
    if (!options.foreground) house.background.enter();
    return keep_house(house);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse_options(std::span<const char* const>(argv + 1, static_cast<std::size_t>(argc - 1)));
    switch (options.action) {
        case Options::Action::help: std::fputs(usage(), stdout); return 0;
        case Options::Action::version: std::puts("sallyportd " PACKAGE_VERSION); return 0;
        case Options::Action::wrong:
            std::fprintf(stderr, "sallyportd: error: %s\n%s", options.error.c_str(), usage());
            return 2;
        case Options::Action::check:
        case Options::Action::serve: break;
    }
    try {
        auto policy = load(options.file);
        if (!policy) return 1;
        return options.action == Options::Action::check ? 0 : serve(options, std::move(policy));
    } catch (const std::system_error& error) {
        return fail(error.what());
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}
