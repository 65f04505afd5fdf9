#include "daemon/preflight.hh"

#include <linux/capability.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sallyportd {
namespace {

std::uint64_t effective_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (::syscall(SYS_capget, &header, data)) return 0;
    return data[0].effective | std::uint64_t{data[1].effective} << 32;
}

}  // namespace

std::vector<std::string> missing_privileges() {
    constexpr std::array<std::pair<int, const char*>, 2> kNeeded{
        {{CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"}}};
    const std::uint64_t have = effective_capabilities();
    std::string missing;
    for (const auto& [capability, name] : kNeeded)
        if (!(have >> capability & 1)) missing += (missing.empty() ? "" : " and ") + std::string(name);
    if (missing.empty()) return {};
    return {missing + " is missing: start sallyportd as root, or let systemd give it the capabilities "
                      "(AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE)"};
}

Account account_of(const std::string& name) {
    const passwd* entry = ::getpwnam(name.c_str());
    if (!entry) entry = ::getpwnam("nobody");
    if (!entry || ::geteuid() != 0) return {::geteuid(), ::getegid()};
    return {entry->pw_uid, entry->pw_gid};
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

void make_folder(const std::string& path, const Account& owner) {
    if (path.empty()) return;
    if (::mkdir(path.c_str(), 0755) == 0) {
        if (::chown(path.c_str(), owner.user, owner.group) && errno != EPERM)
            throw std::system_error(errno, std::generic_category(), path);
    } else if (errno != EEXIST) {
        throw std::system_error(errno, std::generic_category(), "cannot make the folder " + path);
    }
}

std::string journal_folder(const policy::Node& node) { return node.state_dir + "/journal"; }

void make_journal_folder(const policy::Node& node, const Account& engine) {
    const std::string path = journal_folder(node);
    try {
        make_folder(node.state_dir, engine);
        make_folder(path, engine);
        struct stat there{};
        if (::stat(path.c_str(), &there)) throw std::system_error(errno, std::generic_category(), path);
        // Everybody may pass and nobody look: the engine enters as a user who is not yet the owner.
        if (there.st_uid == ::geteuid() && ::chmod(path.c_str(), 0711))
            throw std::system_error(errno, std::generic_category(), path);
        if (there.st_uid != engine.user && ::chown(path.c_str(), engine.user, engine.group))
            throw std::system_error(errno, std::generic_category(), path);
    } catch (const std::system_error& error) {
        throw std::runtime_error("the journal has no folder (" + std::string(error.what()) +
                                 "): make one, or name another in node.state_dir");
    }
}

std::string folder_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos || slash == 0 ? std::string() : file.substr(0, slash);
}

}  // namespace sallyportd
