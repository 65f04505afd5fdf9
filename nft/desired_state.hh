// Which pinholes there are to be, and who owns each: what the kernel is told is a difference to this. Opening and
// closing are idempotent for an owner; an element goes with its last owner. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <vector>

#include "nft/pinhole.hh"

namespace nft {

// What a dump shows that should not be there, and what it lacks.
struct Difference {
    std::vector<Pinhole> stale, missing;
};

class DesiredState {
 public:
    // What the kernel must do for a change, and what undo() needs to know.
    enum class Step : std::uint8_t {
        nothing,            // it was so before
        owner_added,        // another call owns the element too
        owner_removed,
        add_element,
        remove_element,
    };

    Step apply(const Change& change);
    // Takes back the latest change that is not yet taken back: the kernel refused it.
    void undo(const Change& change, Step step);

    // The owners are gone: what is not opened again by others is forsaken.
    void forsake();
    std::vector<Pinhole> forsaken() const;

    bool holds(const Pinhole& element) const { return elements_.contains(element); }
    std::size_t size() const { return elements_.size(); }
    void clear() { elements_.clear(); }
    // Each element once, with one of its owners.
    std::vector<Pinhole> all() const;
    Difference compare(const std::vector<PinholeStatus>& dump) const;

 private:
    struct Owners {
        base::CallNumber first;
        std::vector<base::CallNumber> others;   // nearly always empty
        bool forsaken = false;
    };
    Step open(const Pinhole& pinhole);
    Step close(const Pinhole& pinhole);

    std::unordered_map<Pinhole, Owners, ElementHash, SameElement> elements_;
};

}  // namespace nft
