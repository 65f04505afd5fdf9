// The gate: the real engine (guard, parser, B2BUA, relay) between the simulated network and the simulated kernel. It
// carries out effects as the daemon does, and looks at everything that passes: no inside name may leave outside, no
// description may name a port that is not open yet, no deadline may stay in the past.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

#include "media/relay.hh"
#include "policy/snapshot.hh"
#include "sbc/b2bua.hh"
#include "tests/sim/kernel.hh"
#include "tests/sim/network.hh"

namespace sim {

class Gate {
 public:
    Gate(World& world, Network& network, Kernel& kernel, policy::SnapshotPtr policy, std::uint64_t seed);

    // Any input that is no message: commands, policies. What it sets off is carried out.
    template <class Input>
    void tell(Input&& input) {
        if (down_) return;
        input(*b2bua_, world_.now());
        carry_out();
    }
    const sbc::B2bua& b2bua() const { return *b2bua_; }
    const media::Relay& relay() const { return *relay_; }
    // Dies before it carries out the effect of this number (the next is 1); comes back `down` later with what the journal
    // says. `died` is told at once.
    void crash_at(std::size_t effect, Duration down, std::function<void()> died);
    std::size_t kept() const { return journal_.size(); }   // in the journal
    unsigned lives() const { return lives_; }
    bool down() const { return down_; }
    const std::unordered_set<std::string>& records() const { return records_; }   // ids of calls that are written down
    void reset_streams(const base::Endpoint& remote);
    // Called after each message that came in.
    void watch(std::function<void()> watcher) { watcher_ = std::move(watcher); }

 private:
    void signalling(base::Transport transport, const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes);
    void media(const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes);
    void carry_out();
    void carry_out(const sip::Send& send);
    void carry_out(const sbc::ChangePinholes& change);
    void carry_out(const sbc::Journal& entry);
    void carry_out(const sbc::WriteRecord& write);
    void inspect(const sip::Send& send);
    void inspect_description(const sip::Message& message);
    void wake_up_in_time();
    void wake_up();
    void crash();
    void come_back();
    base::Flow flow_of(base::Transport transport, const base::Endpoint& local, const base::Endpoint& remote);

    World& world_;
    Network& network_;
    Kernel& kernel_;
    policy::SnapshotPtr policy_;
    base::SeededEntropy entropy_;
    std::optional<media::Relay> relay_;
    std::optional<sbc::B2bua> b2bua_;
    std::map<std::pair<base::Endpoint, base::Endpoint>, std::uint64_t> connections_;   // local, remote
    std::uint64_t last_connection_ = 0;
    std::map<std::string, std::string> journal_;   // as the disk has it
    std::optional<std::size_t> crash_after_;
    Duration down_time_{0};
    std::function<void()> died_;
    unsigned lives_ = 1;
    bool down_ = false;
    std::unordered_set<std::size_t> inspected_;   // hashes of what was sent
    std::unordered_set<std::string> records_;
    std::function<void()> watcher_;
    Time alarm_ = base::kNever;
    int fruitless_ = 0;                      // wake-ups in a row after which the deadline still lay in the past
};

}  // namespace sim
