// One worker of the simulated gate: its B2BUA, its relay, its next alarm. Several share no state, as in the daemon; the
// gate brings each its messages.
#pragma once

#include <functional>

#include "media/relay.hh"
#include "policy/snapshot.hh"
#include "sbc/b2bua.hh"
#include "tests/sim/world.hh"

namespace sim {

struct Worker {
    Worker(World& world, policy::SnapshotPtr policy, std::uint64_t seed, base::WorkerId id_, unsigned workers)
        : id(id_), entropy(seed + id_.value * 0x9e3779b97f4a7c15U),
          b2bua({id_, workers, &entropy, &relay}, std::move(policy), world.now()) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    base::WorkerId id;
    base::SeededEntropy entropy;
    media::Relay relay;
    sbc::B2bua b2bua;
    Time alarm = base::kNever;
    int fruitless = 0;                       // wake-ups in a row after which the deadline still lay in the past
    std::vector<Time> inbox;                 // by worker: when the last that it handed over here arrives
};

}  // namespace sim
