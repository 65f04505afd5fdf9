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

struct WardenSettings {
    nft::TableSpec table;
    unsigned links = 1;                                        // sockets to the engine: one a worker, one for control
    base::Duration drain_limit{std::chrono::seconds(30)};      // from SIGTERM to SIGKILL of the engine
    // Runs in the child with `links` sockets for WardenLink; its return value is the child's exit status. The
    // child has default signal handling and the full privileges of the warden: drop_to() and enter_seccomp() are its task.
    std::function<int(const std::vector<int>& sockets)> engine;
    std::function<void()> on_ready;                            // the engine serves (again); may be empty
};

// Installs the table, starts the engine, serves it, starts it again (100 ms to 5 s later) when it crashes, with all
// pinholes closed because calls do not survive. SIGTERM and SIGINT end the engine, then remove the table; SIGHUP and
// SIGUSR1 are handed on. Returns the exit status of the whole: 0 after a clean end, the engine's own when it
// failed before it was ready. Throws std::runtime_error with one clear line when the table cannot be installed.
class Warden {
 public:
    explicit Warden(WardenSettings settings);
    ~Warden();
    Warden(const Warden&) = delete;
    Warden& operator=(const Warden&) = delete;

    int run();

 private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace sallyportd
