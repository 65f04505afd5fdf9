// The engine's system calls. Allowed is what sockets, threads, memory, clocks and the engine's own files need.
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "daemon/privilege.hh"

namespace sallyportd {
namespace {

constexpr const char* kAllowed[] = {
    // sockets that are open, and streams
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recv", "recvfrom",
    "recvmmsg", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "futex", "futex_waitv",
    "nanosleep", "clock_nanosleep", "pause", "poll", "ppoll", "pselect6", "select", "timerfd_create",
    "timerfd_gettime", "timerfd_settime", "restart_syscall",
    // memory and threads (clone, mmap, mprotect: see below)
    "brk", "madvise", "membarrier", "mlock", "mremap", "munlock", "munmap", "msync", "rseq", "sched_getaffinity",
    "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_yield", "set_robust_list", "get_robust_list",
    "set_tid_address", "exit", "exit_group", "getcpu",
    // files: what they may reach is for the user's permissions to say
    "access", "chmod", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "faccessat", "faccessat2",
    "fadvise64", "fallocate", "fchmod", "fchmodat", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync",
    "ftruncate", "getcwd", "getdents64", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
    "pipe2", "pread64", "preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat", "readv", "rename",
    "renameat", "renameat2", "stat", "statfs", "statx", "sync_file_range", "umask", "unlink", "unlinkat", "write",
    "writev",
    // clocks, chance, and questions about oneself
    "clock_getres", "clock_gettime", "getrandom", "getrusage", "gettimeofday", "getegid", "geteuid", "getgid",
    "getpid", "getppid", "getresgid", "getresuid", "gettid", "getuid", "sysinfo", "time", "times", "uname",
    // signals
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack",
    "signalfd4",
};

class Filter {
 public:
    Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
        if (!context_) throw std::runtime_error("seccomp cannot start");
    }

    void allow(const char* name) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number != __NR_SCMP_ERROR) check(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, number, 0));
    }
    void allow(int number, scmp_arg_cmp condition) {
        check(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, number, 1, condition));
    }
    void allow(int number, scmp_arg_cmp one, scmp_arg_cmp two) {
        check(seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, number, 2, one, two));
    }
    // glibc takes another way when told that the call does not exist.
    void absent(int number) { check(seccomp_rule_add(context_.get(), SCMP_ACT_ERRNO(ENOSYS), number, 0)); }
    void load() {
        check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
        check(seccomp_load(context_.get()));
    }

 private:
    static void check(int result) {
        if (result < 0) throw std::system_error(-result, std::generic_category(), "seccomp");
    }
    std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void allow_sockets(Filter& filter) {
    constexpr std::uint64_t kType = 0xf;    // without SOCK_NONBLOCK and SOCK_CLOEXEC
    for (const int family : {AF_INET, AF_INET6, AF_UNIX})
        for (const int type : {SOCK_STREAM, SOCK_DGRAM})
            filter.allow(SCMP_SYS(socket), equals(0, family), masked(1, kType, type));
    // getifaddrs() and getaddrinfo() ask NETLINK_ROUTE for the addresses of this host.
    filter.allow(SCMP_SYS(socket), equals(0, AF_NETLINK), equals(2, 0));
}

void allow_memory(Filter& filter) {
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) filter.allow(call, masked(2, PROT_EXEC, 0));
}

void allow_processes(Filter& filter) {
    filter.allow(SCMP_SYS(clone), masked(0, CLONE_THREAD | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS, CLONE_THREAD));
    filter.absent(SCMP_SYS(clone3));
    const auto self = static_cast<std::uint64_t>(getpid());
    filter.allow(SCMP_SYS(tgkill), equals(0, self));    // abort()
    filter.allow(SCMP_SYS(kill), equals(0, self));
    filter.allow(SCMP_SYS(prlimit64), equals(2, 0));    // asking only
    filter.allow("getrlimit");
    for (const int what : {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_VMA})
        filter.allow(SCMP_SYS(prctl), equals(0, static_cast<std::uint64_t>(what)));
    for (const std::uint64_t request : {std::uint64_t{0x5401}, std::uint64_t{0x541b}, std::uint64_t{0x5421}})
        filter.allow(SCMP_SYS(ioctl), equals(1, request));  // TCGETS, FIONREAD, FIONBIO
}

}  // namespace

void enter_seccomp() {
    Filter filter;
    for (const char* name : kAllowed) filter.allow(name);
    allow_sockets(filter);
    allow_memory(filter);
    allow_processes(filter);
    filter.load();
}

}  // namespace sallyportd
