#include "media/rtp.hh"

#include <cstdlib>

namespace media {
namespace {

constexpr std::uint16_t kMaxDropout = 3000;   // RFC 3550, A.1
constexpr std::uint16_t kMaxMisorder = 100;

std::uint16_t word(Bytes packet, std::size_t at) {
    return static_cast<std::uint16_t>(packet[at] << 8 | packet[at + 1]);
}
std::uint32_t long_word(Bytes packet, std::size_t at) {
    return std::uint32_t{word(packet, at)} << 16 | word(packet, at + 2);
}

}  // namespace

bool is_rtp(Bytes packet) {
    if (packet.size() < 12 || packet[0] >> 6 != 2) return false;
    std::size_t header = 12 + 4 * std::size_t{packet[0] & 0x0fU};
    if (packet[0] & 0x10) {
        if (header + 4 > packet.size()) return false;
        header += 4 + 4 * std::size_t{word(packet, header + 2)};
    }
    // Padding is not looked at: its count is encrypted in SRTP.
    return header <= packet.size();
}

bool is_rtcp(Bytes packet) {
    return packet.size() >= 8 && packet[0] >> 6 == 2 && looks_like_rtcp(packet) &&
           4 * (std::size_t{word(packet, 2)} + 1) <= packet.size();
}

void Reception::start(std::uint32_t source, std::uint16_t sequence) {
    lost_before_ = lost();
    source_ = source;
    started_ = true;
    transit_known_ = false;
    restart_expected_ = false;
    base_ = highest_ = sequence;
    received_ = 0;
}

void Reception::note(Bytes packet, std::uint32_t clock_rate, base::Time now) {
    const std::uint16_t sequence = word(packet, 2);
    const std::uint32_t source = long_word(packet, 8);
    if (!started_ || source != source_) start(source, sequence);
    const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
    if (ahead < kMaxDropout) {
        highest_ += ahead;  // carries into the cycles by itself
        restart_expected_ = false;
    } else if (ahead <= 0x10000 - kMaxMisorder) {
        // A large jump: the source has restarted when the next packet goes on from there (A.1).
        if (restart_expected_ && sequence == bad_sequence_) {
            start(source, sequence);
        } else {
            restart_expected_ = true;
            bad_sequence_ = static_cast<std::uint16_t>(sequence + 1);
            return;
        }
    }
    ++received_;

    const auto micros = static_cast<std::uint64_t>(now.time_since_epoch().count());
    const auto arrival = static_cast<std::uint32_t>(micros / 1'000'000 * clock_rate +
                                                    micros % 1'000'000 * clock_rate / 1'000'000);
    const auto transit = static_cast<std::int32_t>(arrival - long_word(packet, 4));
    if (transit_known_) {
        const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(transit) -
                                                          static_cast<std::uint32_t>(transit_));
        jitter_ += (std::abs(static_cast<double>(difference)) - jitter_) / 16;
    }
    transit_ = transit;
    transit_known_ = true;
}

std::uint64_t Reception::lost() const {
    if (!started_) return lost_before_;
    const std::uint64_t expected = std::uint64_t{highest_ - base_} + 1;
    return lost_before_ + (expected > received_ ? expected - received_ : 0);
}

}  // namespace media
