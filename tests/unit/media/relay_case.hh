// A relay with one stream between A (198.51.100.7, outside) and B (10.0.0.9, inside), and packets for it.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <utility>

#include "media/relay.hh"

namespace media_test {

using base::Endpoint;
using media::Component;
using media::End;
using media::Forward;
using media::Side;
using media::SourceRule;

inline Endpoint at(const char* text) { return *Endpoint::parse(text); }

inline const Endpoint kOurA = at("203.0.113.1:20000"), kOurA1 = at("203.0.113.1:20001");
inline const Endpoint kOurB = at("10.0.0.1:30000"), kOurB1 = at("10.0.0.1:30001");
inline const Endpoint kA = at("198.51.100.7:4000"), kA1 = at("198.51.100.7:4001");
inline const Endpoint kB = at("10.0.0.9:5000"), kB1 = at("10.0.0.9:5001");

inline std::vector<std::uint8_t> rtp(std::uint16_t sequence, std::uint32_t stamp = 0, std::uint32_t source = 1) {
    std::vector<std::uint8_t> packet(172);
    packet[0] = 0x80;
    packet[2] = static_cast<std::uint8_t>(sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(sequence);
    for (int i = 0; i < 4; ++i) packet[4 + i] = static_cast<std::uint8_t>(stamp >> (24 - 8 * i));
    for (int i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(source >> (24 - 8 * i));
    return packet;
}

inline std::vector<std::uint8_t> rtcp() {
    return {0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
}

struct Case {
    media::Relay relay;
    base::Time now{std::chrono::seconds(100)};
    End a{.rtp_local = kOurA, .rtcp_local = kOurA1, .rtp_remote = kA, .rtcp_remote = kA1};
    End b{.rtp_local = kOurB, .rtcp_local = kOurB1, .rtp_remote = kB, .rtcp_remote = kB1};
    media::StreamId stream;

    media::StreamId install() { return stream = relay.install({base::CallNumber{7}, {a, b}}, now); }
    void update(bool relearn = false) { relay.update(stream, {a, b}, relearn, now); }
    void behind_nat(End& end) {
        end.rule = SourceRule::signalling_address;
        end.learn_from = at("198.51.100.7:1").address;
        end.rtp_remote = at("192.168.1.5:4000");
        end.rtcp_remote = at("192.168.1.5:4001");
    }

    std::optional<Forward> send(const Endpoint& from, const Endpoint& to, std::vector<std::uint8_t> packet = rtp(1)) {
        return relay.receive({to, from, packet}, now);
    }
    std::uint64_t dropped(base::Reason reason) const { return relay.dropped(reason); }
    const media::EndCounters& counters(Side side) const { return *relay.counters(stream, side); }
};

inline void went(const std::optional<Forward>& way, const Endpoint& from, const Endpoint& to) {
    CPPUNIT_ASSERT(way);
    CPPUNIT_ASSERT_EQUAL(from.to_string(), way->from.to_string());
    CPPUNIT_ASSERT_EQUAL(to.to_string(), way->to.to_string());
}

}  // namespace media_test
