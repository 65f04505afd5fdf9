// The engine: the process without privilege that parses everything. It owns the workers and the one thread beside them
// that serves commands, signals, reloads and host names. What it needs open is handed to it, or opened before run()
// gives the privileges away.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/control.hh"
#include "daemon/gather.hh"
#include "daemon/journal.hh"
#include "daemon/peer_locations.hh"
#include "daemon/warden_link.hh"
#include "media/relay_socket.hh"
#include "net/descriptor.hh"
#include "net/loop.hh"
#include "policy/snapshot.hh"

namespace sallyportd {

struct EngineSettings {
    std::string file;                            // the policy's main file
    policy::SnapshotPtr policy;                  // what runs until a reload
    std::vector<media::RelayDescriptors> relays; // one a worker
    int control = -1;                            // listening
    std::vector<int> links;                      // one a worker, then one for this thread
};

class Engine {
 public:
    explicit Engine(EngineSettings settings);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Opens the listeners and the journal, drops every privilege, serves until it is told to end. The process's exit status.
    int run();

    // For commands; all in the engine's own thread.
    net::Loop& loop() { return loop_; }
    const Workers& workers() const { return workers_; }
    const policy::Snapshot& policy() const { return *policy_; }
    base::Time started() const { return started_; }
    base::Time policy_since() const { return policy_since_; }
    double calls_per_second() const { return calls_per_second_; }
    bool draining() const { return draining_; }
    // Every pinhole in the kernel; `done` gets nothing when the warden is gone.
    void dump_pinholes(std::function<void(std::vector<nft::PinholeStatus>)> done);
    WardenLink& link() { return link_; }
    void drain(bool on);
    // One peer: no new calls go there. False: there is no such peer.
    bool drain(const std::string& peer, bool on);
    // `done` gets why not; empty: the new policy is in force.
    void reload(std::function<void(std::string)> done);

 private:
    struct Reload;

    bool open_doors();
    void start_workers();
    void serve();
    void on_signal();
    void on_link();
    void shut_down();
    void begin_anew();
    bool open_journal(const std::string& folder);
    std::vector<Journal::Records> journal_by_worker();
    void look_whether_drained();
    void every_second(base::Time now);
    void sample_calls();
    void reopen_records();
    void finish(int status);

    // engine_policy.cc
    void check_reload(const std::shared_ptr<Reload>& reload);
    void install_table(const std::shared_ptr<Reload>& reload);
    void distribute(const std::shared_ptr<Reload>& reload);

    EngineSettings settings_;
    policy::SnapshotPtr policy_;
    std::vector<std::uint16_t> steer_ports_;
    base::Time started_, policy_since_, second_{}, kill_calls_at_ = base::kNever;
    std::optional<int> status_;
    bool draining_ = false, reloading_ = false;
    std::uint64_t calls_seen_ = 0;
    double calls_per_second_ = 0;

    net::Loop loop_;
    WardenLink link_;
    WardenToken last_token_ = 0;
    std::unordered_map<WardenToken, std::function<void(std::optional<base::Reason>)>> awaited_;
    std::unordered_map<WardenToken, std::function<void(std::vector<nft::PinholeStatus>)>> dumps_;
    std::vector<nft::PinholeStatus> dumped_;
    std::vector<std::vector<OpenListener>> opened_;
    std::vector<net::ListenerSpec> doors_;
    std::unique_ptr<Journal> journal_;
    Workers workers_;
    std::unique_ptr<PeerLocations> locations_;
    std::unique_ptr<ControlServer> control_;
    net::Descriptor signals_;
    std::unique_ptr<net::Watch> link_watch_, signal_watch_;
};

}  // namespace sallyportd
