// The engine as a process: started with sockets, watched, ended. Everything that the child must not inherit is
// closed before the engine's own code runs.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

namespace sallyportd {

// Blocks the signals that the warden takes from a descriptor, for its own life.
class WardenSignals {
 public:
    WardenSignals();
    ~WardenSignals();
    WardenSignals(const WardenSignals&) = delete;
    WardenSignals& operator=(const WardenSignals&) = delete;

    int fd() const { return fd_; }
    int next();                     // 0: none is waiting
    void release_in_child();        // default handling, nothing blocked

 private:
    int fd_ = -1;
};

struct ChildEnd {
    bool ended = false;
    int exit_status = 0;            // as a shell would say: 128 and more for a signal
    bool by_signal = false;
};

class WardenChild {
 public:
    // `prepare` runs in the child first; `engine` is given the child's ends, and the parent's are in sockets().
    void start(unsigned links, const std::function<void()>& prepare,
               const std::function<int(const std::vector<int>&)>& engine);
    std::vector<int> take_sockets() { return std::move(sockets_); }
    bool running() const { return pid_ > 0; }
    pid_t pid() const { return pid_; }
    void send(int signal) const;
    ChildEnd reap();

 private:
    pid_t pid_ = -1;
    std::vector<int> sockets_;
};

}  // namespace sallyportd
