#include "nft/desired_state.hh"

#include <algorithm>
#include <unordered_set>

namespace nft {

namespace {

// Without what the width does not look at.
Pinhole canonical(Pinhole p) {
    if (p.width == Width::zone) p.remote = {};
    if (p.width == Width::address) p.remote.port = 0;
    return p;
}

}  // namespace

DesiredState::Step DesiredState::apply(const Change& change) {
    const auto pinhole = canonical(change.pinhole);
    return change.kind == Change::Kind::open ? open(pinhole) : close(pinhole);
}

DesiredState::Step DesiredState::open(const Pinhole& pinhole) {
    const auto [at, is_new] = elements_.try_emplace(pinhole, Owners{pinhole.call, {}, false});
    if (is_new) return Step::add_element;
    auto& owners = at->second;
    if (owners.forsaken) {      // it stands in the kernel, with its counters
        owners = {pinhole.call, {}, false};
        return Step::nothing;
    }
    if (owners.first == pinhole.call || std::ranges::find(owners.others, pinhole.call) != owners.others.end())
        return Step::nothing;
    owners.others.push_back(pinhole.call);
    return Step::owner_added;
}

DesiredState::Step DesiredState::close(const Pinhole& pinhole) {
    const auto at = elements_.find(pinhole);
    if (at == elements_.end()) return Step::nothing;
    auto& owners = at->second;
    if (owners.first == pinhole.call) {
        if (owners.others.empty()) {
            elements_.erase(at);
            return Step::remove_element;
        }
        owners.first = owners.others.back();
        owners.others.pop_back();
        return Step::owner_removed;
    }
    return std::erase(owners.others, pinhole.call) > 0 ? Step::owner_removed : Step::nothing;
}

void DesiredState::undo(const Change& change, Step step) {
    switch (step) {
        case Step::nothing: return;
        case Step::owner_added:
        case Step::add_element: close(canonical(change.pinhole)); return;
        case Step::owner_removed:
        case Step::remove_element: open(canonical(change.pinhole)); return;
    }
}

void DesiredState::forsake() {
    for (auto& [pinhole, owners] : elements_) owners = {owners.first, {}, true};
}

std::vector<Pinhole> DesiredState::forsaken() const {
    std::vector<Pinhole> pinholes;
    for (const auto& [pinhole, owners] : elements_) {
        if (!owners.forsaken) continue;
        pinholes.push_back(pinhole);
        pinholes.back().call = owners.first;
    }
    return pinholes;
}

std::vector<Pinhole> DesiredState::all() const {
    std::vector<Pinhole> pinholes;
    pinholes.reserve(elements_.size());
    for (const auto& [pinhole, owners] : elements_) {
        pinholes.push_back(pinhole);
        pinholes.back().call = owners.first;
    }
    return pinholes;
}

Difference DesiredState::compare(const std::vector<PinholeStatus>& dump) const {
    Difference difference;
    std::unordered_set<Pinhole, ElementHash, SameElement> seen;
    for (const auto& status : dump) {
        if (!holds(status.pinhole)) difference.stale.push_back(status.pinhole);
        seen.insert(status.pinhole);
    }
    for (const auto& pinhole : all())
        if (!seen.contains(pinhole)) difference.missing.push_back(pinhole);
    return difference;
}

}  // namespace nft
