// What can be said of an RTP or RTCP packet without its key (RFC 3550, 5.1 and 6.4; RFC 5761, 4): is it one, and the
// figures that its header gives. Valid for SRTP and SRTCP too, whose headers are in the clear (RFC 3711, 3.1 and 3.4).
#pragma once

#include <cstdint>
#include <span>

#include "base/time.hh"

namespace media {

using Bytes = std::span<const std::uint8_t>;

bool is_rtp(Bytes packet);    // version, length, contributing sources and extension within the packet
bool is_rtcp(Bytes packet);   // version, packet type 192 to 223, length of the first packet
// On a port for both: RTCP's packet types 192 to 223 are RTP's payload types 64 to 95 with the marker (RFC 5761, 4).
inline bool looks_like_rtcp(Bytes packet) { return packet.size() > 1 && packet[1] >= 192 && packet[1] <= 223; }
// On any port: the payload types 72 to 76 are kept free for the packet types 200 to 204 (RFC 3551, 6).
inline bool is_surely_rtcp(Bytes packet) { return packet.size() > 1 && packet[1] >= 200 && packet[1] <= 204; }

// Loss and jitter of one source's stream (RFC 3550, 6.4.1, A.1, A.3 and A.8).
class Reception {
 public:
    // A packet for which is_rtp() holds.
    void note(Bytes packet, std::uint32_t clock_rate, base::Time now);
    std::uint64_t lost() const;                 // over all synchronisation sources
    double jitter_ms(std::uint32_t clock_rate) const { return jitter_ * 1000 / clock_rate; }

 private:
    void start(std::uint32_t source, std::uint16_t sequence);

    std::uint32_t source_ = 0;
    bool started_ = false, transit_known_ = false;
    std::uint32_t base_ = 0, highest_ = 0;      // extended by the cycles: in units of packets since the start
    std::uint16_t bad_sequence_ = 0;
    bool restart_expected_ = false;
    std::uint64_t received_ = 0, lost_before_ = 0;
    std::int32_t transit_ = 0;
    double jitter_ = 0;                         // in units of the clock rate
};

}  // namespace media
