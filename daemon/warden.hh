// The warden: the process that keeps CAP_NET_ADMIN, owns netlink and our nftables table, and starts the engine. It
// speaks to the engine in a closed set of fixed-size operations and never sees a byte from the network
// (docs/decisions/0006-nft-warden.md). Single-threaded.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/time.hh"
#include "nft/table_spec.hh"

namespace sallyportd {

// The exit status of an engine that leaves its calls to the next life of the whole.
inline constexpr int kBeginAnew = 75;

struct WardenSettings {
    nft::TableSpec table;
    unsigned links = 1;                                        // sockets to the engine: one a worker, one for control
    base::Duration drain_limit{std::chrono::seconds(30)};      // from SIGTERM to SIGKILL of the engine
    // Runs in the child with `links` sockets for WardenLink; its return value is the child's exit status. The
    // child has default signal handling and the full privileges of the warden: drop_to() and enter_seccomp() are its task.
    std::function<int(const std::vector<int>& sockets)> engine;
    std::function<void()> on_ready;                            // the engine serves (again); may be empty
};

// Installs the table, starts the engine, serves it, starts it again (10 ms to 5 s later) when it crashes. The pinholes
// stay meanwhile; those that the next engine's calls do not claim are closed then, and all of them when none has come
// for half a minute. SIGTERM and SIGINT end the engine, then remove the table; SIGHUP, SIGUSR1 and SIGUSR2
// are handed on. An engine that ends with kBeginAnew ends run() too, with the table in place. Returns the exit status of the whole: 0 after a clean end, the engine's own when it
// failed before it was ready. Throws std::runtime_error with one clear line when the table cannot be installed.
class Warden {
 public:
    explicit Warden(WardenSettings settings);
    ~Warden();
    Warden(const Warden&) = delete;
    Warden& operator=(const Warden&) = delete;

    int run();
    // After run(): to begin anew, in the program as it is on the disk now.
    bool wants_new_life() const;

 private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace sallyportd
