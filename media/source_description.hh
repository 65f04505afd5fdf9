// What RTCP says in words of its sender (RFC 3550: SDES, 6.5; the reason of a BYE, 6.6): a name, a host, an address or
// a product of the inside. Everything else in RTCP is figures, which stay true.
#pragma once

#include <cstdint>
#include <span>

namespace media {

// Overwrites those words in a compound packet: each becomes another text of the same length, always the same one for
// the same text under the same key, so that a CNAME still binds the streams of one sender together (6.5.1). False:
// it is no well-formed compound packet, or has more than 64 items, and may still hold words. For RTCP in the clear only: SRTCP it would spoil.
bool hide_source_description(std::span<std::uint8_t> compound, std::uint64_t key);

}  // namespace media
