// What a session description asks of the network, one way (RFC 8866, 5.8; RFC 3890): what it says itself, else what its
// first codec usually takes, headers of IP, UDP and RTP included.
#pragma once

#include <cstdint>

#include "sdp/session.hh"

namespace sdp {

// Of a call whose description is not known: one line of G.711.
inline constexpr std::uint64_t kUsualKbits = 87;

std::uint64_t kbits_of(const Session& session);

}  // namespace sdp
