// Where a message came from, or goes to: enough to send back along the same way (RFC 5626's flow).
#pragma once

#include "base/endpoint.hh"
#include "base/ids.hh"

namespace base {

struct Flow {
    ListenerId listener;      // our door; with it the zone
    Transport transport = Transport::udp;
    Endpoint local;           // our address and port at that door
    Endpoint remote;          // the peer's real address and port
    ConnectionId connection;  // 0 on UDP, and on a stream that is still to be connected
    PeerId peer = kNoPeer;    // whom we want to reach: who must be there where TLS is spoken; kNoPeer on what came in

    friend constexpr auto operator<=>(const Flow&, const Flow&) = default;
};

}  // namespace base
