// From a policy snapshot to the table's plain description: which worker has which media ports, who is permitted
// where, which listeners are watched. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "nft/table_spec.hh"
#include "policy/snapshot.hh"

namespace sallyportd {

// `steer_ports`: one a worker, of media::RelayDescriptors.
nft::TableSpec table_of(const policy::Snapshot& snapshot, std::span<const std::uint16_t> steer_ports);

}  // namespace sallyportd
