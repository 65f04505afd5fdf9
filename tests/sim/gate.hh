// The gate: the real engine (guard, parser, workers with B2BUA and relay) between the simulated network and the simulated kernel. It
// carries out effects as the daemon does, and looks at everything that passes: no inside name may leave outside, no
// description may name a port that is not open yet, no deadline may stay in the past. Datagrams and streams reach any
// worker, as the kernel shares them out; what another owns is handed over, some time later.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "policy/snapshot.hh"
#include "tests/sim/kernel.hh"
#include "tests/sim/network.hh"
#include "tests/sim/worker.hh"

namespace sim {

struct GatePlan {
    std::vector<policy::SnapshotPtr> policies;   // all that may come into force, the first first: media ports are steered
    std::uint64_t seed = 0;
    unsigned workers = 1;
};

class Gate {
 public:
    Gate(World& world, Network& network, Kernel& kernel, const GatePlan& plan);

    // Any input that is no message: commands, policies. Each worker gets it; what it sets off is carried out.
    template <class Input>
    void tell(Input&& input) {
        for (auto& worker : workers_) {
            if (down_) return;
            input(worker->b2bua, world_.now());
            carry_out(*worker);
        }
    }
    const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
    std::vector<sbc::CallView> calls() const;
    std::size_t handed_over() const { return handed_over_; }
    // Dies before it carries out the effect of this number (the next is 1), whichever worker's; comes back `down` later with
    // what the journal says. `died` is told at once.
    void crash_at(std::size_t effect, Duration down, std::function<void()> died);
    std::size_t kept() const { return journal_.size(); }   // in the journal
    unsigned lives() const { return lives_; }              // changes when it dies, and when it comes back
    bool down() const { return down_; }
    std::size_t taken_back() const { return taken_back_; } // calls that lived again
    const std::unordered_set<std::string>& records() const { return records_; }   // ids of calls that are written down
    void reset_streams(const base::Endpoint& remote);
    // Called after each message that came in.
    void watch(std::function<void()> watcher) { watcher_ = std::move(watcher); }

 private:
    struct Connection {
        std::uint64_t id = 0;
        Worker* owner = nullptr;
    };
    using Ends = std::pair<base::Endpoint, base::Endpoint>;   // local, remote

    void make_workers();
    void listen();
    void signalling(base::Transport transport, const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes);
    void media(const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes);
    void hand_over(const Worker& from, Worker& to, std::function<void()> task);
    void fail(Worker& worker, const base::Flow& flow);
    Worker& worker_of(const base::Endpoint& remote);
    Worker* worker_of_port(const base::Endpoint& local);
    void carry_out(Worker& worker);
    void carry_out(Worker& worker, const sip::Send& send);
    void carry_out(Worker& worker, const sbc::ChangePinholes& change);
    void carry_out(Worker& worker, const sbc::WriteRecord& write);
    void carry_out(Worker& worker, const sbc::DialogQuestion& question);
    void carry_out(Worker& worker, const sbc::PhoneQuestion& question);
    void carry_out(Worker& worker, const sbc::RegistrarNews& news);
    void carry_out(Worker& worker, const sbc::Journal& entry);
    void send_stream(Worker& worker, const sip::Send& send);
    void inspect(const sip::Send& send);
    void inspect_description(const sip::Message& message);
    void wake_up_in_time(Worker& worker);
    void wake_up(Worker& worker);
    void crash();
    void come_back();
    void take_back();
    // What dies with the process: done only if the gate has not died meanwhile.
    template <class Task>
    auto in_this_life(Task task) {
        return [this, life = lives_, task = std::move(task)](auto... what) {
            if (life == lives_) task(what...);
        };
    }
    base::Flow flow_of(base::Transport transport, const base::Endpoint& local, const base::Endpoint& remote, Worker& worker);

    World& world_;
    Network& network_;
    Kernel& kernel_;
    GatePlan plan_;
    policy::SnapshotPtr policy_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::map<Ends, Connection> connections_;
    std::uint64_t last_connection_ = 0;
    std::size_t handed_over_ = 0, taken_back_ = 0;
    std::map<std::string, std::string> journal_;   // as the disk has it
    std::optional<std::size_t> crash_after_;
    Duration down_time_{0};
    std::function<void()> died_;
    unsigned lives_ = 1;
    bool down_ = false;
    std::unordered_set<std::size_t> inspected_;   // hashes of what was sent
    std::unordered_set<std::string> records_;
    std::function<void()> watcher_;
};

}  // namespace sim
