// What inside agents betray where they can: a choice of headers that name the inside, for topology hiding to catch.
#pragma once

#include "base/address.hh"
#include "sip/message.hh"
#include "tests/sim/world.hh"

namespace sim {

void add_bait(World& world, sip::Message& message, const base::Address& own);

}  // namespace sim
