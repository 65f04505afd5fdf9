// What a new policy means for a daemon that runs: what it cannot change without a restart. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/snapshot.hh"

namespace sallyportd {

// One line for each setting that only a restart changes.
std::vector<std::string> needs_restart(const policy::Snapshot& running, const policy::Snapshot& wanted);

}  // namespace sallyportd
