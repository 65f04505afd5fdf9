// The simulated kernel: the table of pinholes as nft/ keeps it. Changes are carried out in their order, each all or
// nothing, some time after they were asked for; some are refused. It says who may send to which port now.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/reason.hh"
#include "nft/desired_state.hh"
#include "tests/sim/world.hh"

namespace sim {

struct Temper {
    double refusal = 0;                    // of a change that opens something
    Duration least{50}, most{500};         // until it answers
};

class Kernel {
 public:
    using Done = std::function<void(std::optional<base::Reason> refused)>;

    Kernel(World& world, const Temper& temper) : world_(world), temper_(temper) {}

    void change(std::vector<nft::Change> changes, Done done);
    bool admits(const base::Endpoint& local, const base::Endpoint& remote) const;
    bool is_open(const base::Endpoint& local) const;   // to anybody
    std::size_t size() const { return table_.size(); }
    std::string first() const;                          // for complaints
    // The gate has died; another has asked for what it needs. In the order of asking.
    void forsake();
    void close_forsaken(std::function<void()> closed);
    bool is_reliable() const { return temper_.refusal == 0; }
    void become_reliable() { temper_.refusal = 0; }

 private:
    const std::vector<nft::Pinhole>& at(const base::Endpoint& local) const;
    std::optional<base::Reason> apply(const std::vector<nft::Change>& changes);

    World& world_;
    Temper temper_;
    Time busy_until_{};
    nft::DesiredState table_;
    // The table's elements by local endpoint, since its last change: each packet asks.
    mutable std::unordered_map<base::Endpoint, std::vector<nft::Pinhole>> by_local_;
    mutable bool fresh_ = true;
};

}  // namespace sim
