// The key "tls" of zones and peers: names of files become certificates and keys, read, checked and compiled to contexts
// while everybody can still be told of what is wrong. Part of the loader's door.
#pragma once

#include "policy/compilation.hh"

namespace policy {

void read_zone_tls(TableReader& zone_reader, Zone& zone, base::ZoneId id, Compilation& compilation);
// After the peer's URI and zone.
void read_peer_tls(TableReader& peer_reader, Peer& peer, Compilation& compilation);

}  // namespace policy
