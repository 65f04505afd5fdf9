#include "daemon/privilege.hh"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <system_error>

namespace sallyportd {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void set_capabilities(std::uint64_t kept) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    for (int i = 0; i < 2; ++i)
        data[i].effective = data[i].permitted = static_cast<std::uint32_t>(kept >> (32 * i));
    if (syscall(SYS_capset, &header, data) != 0) fail("capset");
}

// Whatever is executed or gained later: never more than this.
void bound_capabilities(std::uint64_t kept) {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
        if ((kept >> capability & 1U) != 0) continue;
        // EPERM: not ours to drop, because CAP_SETPCAP is not ours; then it cannot be gained either.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) fail("capability bounding set");
    }
}

std::uint64_t mask(std::initializer_list<int> capabilities) {
    std::uint64_t bits = 0;
    for (const int capability : capabilities) bits |= std::uint64_t{1} << capability;
    return bits;
}

std::uint64_t permitted_now() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (syscall(SYS_capget, &header, data) != 0) fail("capget");
    return data[0].permitted | std::uint64_t{data[1].permitted} << 32;
}

}  // namespace

void limit_warden() {
    const auto kept = mask({CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_KILL, CAP_SETUID, CAP_SETGID});
    bound_capabilities(kept);
    set_capabilities(kept & permitted_now());
}

void keep_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    const auto kept = permitted_now();
    for (int i = 0; i < 2; ++i)
        data[i].effective = data[i].permitted = data[i].inheritable = static_cast<std::uint32_t>(kept >> (32 * i));
    if (syscall(SYS_capset, &header, data) != 0) return;   // root has them all the same
    for (unsigned long capability = 0; capability < 64; ++capability)
        if ((kept >> capability & 1U) != 0) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

std::string drop_to(const std::string& user) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
    std::string became = user;
    const passwd* entry = getpwnam(user.c_str());
    if (entry == nullptr) {
        became = "nobody";
        entry = getpwnam("nobody");
    }
    if (entry == nullptr) throw std::runtime_error("there is neither a user " + user + " nor a user nobody");
    bound_capabilities(0);
    // Who is not root has no identity to give away; the capabilities go all the same.
    if (geteuid() == 0) {
        if (setgroups(0, nullptr) != 0) fail("setgroups");
        if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0) fail("setresgid");
        if (setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) fail("setresuid");
    }
    set_capabilities(0);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("dumpable");
    return became;
}

}  // namespace sallyportd
