// Which door is to be opened: said by policy, used by net.
#pragma once

#include "base/endpoint.hh"
#include "base/ids.hh"

namespace net {

struct ListenerSpec {
    base::ListenerId id;
    base::Transport transport = base::Transport::udp;
    base::Endpoint local;
    friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

}  // namespace net
