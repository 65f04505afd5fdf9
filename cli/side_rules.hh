// What the policy says of one side of a call beside who may do what: how its dialogs are kept, whom it asks for a password,
// which account of ours it wants; and where that is said. What it does not say is not told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/authentication.hh"
#include "policy/snapshot.hh"

namespace cli {

struct SideRule {
    std::string key, value;
    std::string from;          // "route", "peer", "zone", "access rule"
};

// Of a request's sender (peer: kNoPeer for anybody else of the zone).
std::vector<SideRule> rules_of_sender(const policy::Snapshot& snapshot, const policy::Facts& facts);
// Of a target of the route that decided.
std::vector<SideRule> rules_of_target(const policy::Snapshot& snapshot, const policy::RouteDecision& decision,
                                      base::PeerId target, const policy::Facts& facts);

}  // namespace cli
