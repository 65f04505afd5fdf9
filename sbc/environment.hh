// Where a worker's B2BUA stands, and what it borrows.
#pragma once

#include <optional>

#include "base/entropy.hh"
#include "base/ids.hh"
#include "media/relay.hh"
#include "base/hash.hh"

namespace sbc {

struct Environment {
    base::WorkerId worker;
    unsigned workers = 1;             // media port ranges are shared out evenly: see policy::share_of()
    base::Entropy* entropy = nullptr; // outlives the B2BUA
    media::Relay* relay = nullptr;    // of the same worker; outlives the B2BUA
    std::optional<base::Key256> key = std::nullopt;   // the same for all workers; none: this one's own
    base::Duration wall{0};           // what the wall clock is ahead of our line of time: the journal outlives the line
};

}  // namespace sbc
