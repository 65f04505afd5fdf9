#include "daemon/warden_child.hh"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include "base/log.hh"
#include "daemon/warden_socket.hh"

namespace sallyportd {
namespace {

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
    return set;
}

int guarded(const std::function<int(const std::vector<int>&)>& engine, const std::vector<int>& sockets) {
    try {
        return engine(sockets);
    } catch (const std::exception& error) {
        base::log::error("engine_failed", "cause=\"" + std::string(error.what()) + "\"");
        return 1;
    }
}

}  // namespace

WardenSignals::WardenSignals() {
    const auto set = watched_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
    fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

WardenSignals::~WardenSignals() { release_in_child(); }

int WardenSignals::next() {
    signalfd_siginfo info;
    return read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

void WardenSignals::release_in_child() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    const auto set = watched_signals();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void WardenChild::start(unsigned links, const std::function<void()>& prepare,
                        const std::function<int(const std::vector<int>&)>& engine) {
    std::vector<int> theirs;
    sockets_.clear();
    for (unsigned i = 0; i < links; ++i) {
        const auto [ours, its] = socket_pair();
        sockets_.push_back(ours);
        theirs.push_back(its);
    }
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
        for (const int socket : sockets_) close(socket);
        prepare();
        const int status = guarded(engine, theirs);
        std::fflush(nullptr);
        _exit(status);  // what the parent set up on its stack is not the child's to take down
    }
    const int error = errno;
    for (const int socket : theirs) close(socket);
    if (pid_ > 0) return;
    for (const int socket : take_sockets()) close(socket);
    throw std::system_error(error, std::generic_category(), "fork");
}

void WardenChild::send(int signal) const {
    if (pid_ > 0) kill(pid_, signal);
}

ChildEnd WardenChild::reap() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return {};
    pid_ = -1;
    if (WIFSIGNALED(status)) return {true, 128 + WTERMSIG(status), true};
    return {true, WEXITSTATUS(status), false};
}

}  // namespace sallyportd
