// Where the simulated user agents live, and what they share.
#pragma once

#include <map>
#include <string>

#include "tests/sim/story.hh"
#include "tests/sim/traffic.hh"

namespace sim {

// Where an agent lives. `written` differs from `real` behind a NAT.
struct Home {
    std::string name;
    base::Transport transport = base::Transport::udp;
    base::Endpoint real, written;
    base::Address real_media, written_media;
    base::Endpoint gate;
    bool inside = false;
    std::string domain = {};   // of its From; empty: its address
    bool behind_nat() const { return real.address != written.address; }
};

// Who is whom in a run; owned by the scenario.
struct Cast {
    World* world = nullptr;
    Network* network = nullptr;
    Traffic* traffic = nullptr;
    std::map<unsigned, Story*> stories;
};

}  // namespace sim
