#include "tests/sim/kernel.hh"

#include <algorithm>

#include "tests/sim/map.hh"

namespace sim {

void Kernel::change(std::vector<nft::Change> changes, Done done) {
    busy_until_ = std::max(busy_until_, world_.now() + world_.between(temper_.least, temper_.most));
    world_.at(busy_until_, [this, changes = std::move(changes), done = std::move(done)] {
        const auto refused = apply(changes);
        if (done) done(refused);
    });
}

std::optional<base::Reason> Kernel::apply(const std::vector<nft::Change>& changes) {
    const bool opens =
        std::ranges::any_of(changes, [](const auto& c) { return c.kind == nft::Change::Kind::open; });
    if (opens && world_.chance(temper_.refusal)) {
        world_.tell("     kernel refuses " + std::to_string(changes.size()) + " changes");
        return base::Reason::pinhole_set_full;
    }
    fresh_ = false;
    for (const auto& change : changes) {
        table_.apply(change);
        if (world_.verbose())
            world_.tell(std::string("     kernel ") + (change.kind == nft::Change::Kind::open ? "opens " : "closes ") +
                        change.pinhole.local.to_string() + " for " + change.pinhole.remote.to_string() + " call " +
                        std::to_string(change.pinhole.call.value));
        else world_.stamp(change.pinhole.local.to_string());
    }
    return std::nullopt;
}

const std::vector<nft::Pinhole>& Kernel::at(const base::Endpoint& local) const {
    static const std::vector<nft::Pinhole> kNone;
    if (!fresh_) {
        by_local_.clear();
        for (const auto& pinhole : table_.all()) by_local_[pinhole.local].push_back(pinhole);
        fresh_ = true;
    }
    const auto found = by_local_.find(local);
    return found == by_local_.end() ? kNone : found->second;
}

void Kernel::forsake() {
    busy_until_ = std::max(busy_until_, world_.now());
    world_.at(busy_until_, [this] { table_.forsake(); });
}

void Kernel::close_forsaken(std::function<void()> closed) {
    busy_until_ = std::max(busy_until_, world_.now());
    world_.at(busy_until_, [this, closed = std::move(closed)] {
        fresh_ = false;
        for (const auto& pinhole : table_.forsaken()) table_.apply({nft::Change::Kind::close, pinhole});
        closed();
    });
}

bool Kernel::admits(const base::Endpoint& local, const base::Endpoint& remote) const {
    return std::ranges::any_of(at(local), [&](const nft::Pinhole& pinhole) {
        switch (pinhole.width) {
            case nft::Width::exact: return pinhole.remote == remote;
            case nft::Width::address: return pinhole.remote.address == remote.address;
            case nft::Width::zone: return is_inside(local.address) == is_inside(remote.address);
        }
        return false;
    });
}

bool Kernel::is_open(const base::Endpoint& local) const {
    return !at(local).empty();
}

std::string Kernel::first() const {
    const auto all = table_.all();
    if (all.empty()) return "none";
    return all.front().local.to_string() + " for " + all.front().remote.to_string() + " of call " +
           std::to_string(all.front().call.value);
}

}  // namespace sim
