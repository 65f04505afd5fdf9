// One end of a relayed stream: whose packets it takes and where packets to it go (latching: RFC 7362, 4; muxing:
// RFC 5761; SECURITY rules: the source is judged before anything is learnt or forwarded). The table of streams is
// in relay.cc.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "media/relay.hh"
#include "media/rtp.hh"

namespace media {

inline constexpr std::size_t kHeldPackets = 16;       // an end
inline constexpr std::size_t kHeldBytes = 2048;       // a packet

// An early packet, and what it is refused for when the answer does not come.
struct HeldPacket {
    base::Endpoint local, remote;
    std::vector<std::uint8_t> payload;
    base::Reason otherwise;
};

struct StreamEnd {
    // How a source stands before the end's rule. Ordered: where streams share a port, the best one takes the packet.
    enum class Standing : std::uint8_t { refused, unknown, may_learn, accepted, named };

    const End* end = nullptr;                         // in the stream's spec
    struct Source {
        std::optional<base::Endpoint> known;          // where packets to it go
        bool latched = false;                         // and no other counts
    };
    std::array<Source, 2> learnt;                     // by Component, for signalling_address
    EndCounters counters;
    Reception reception;
    std::vector<HeldPacket> held;

    // RTP and RTCP share our port or the peer's.
    bool muxed() const;
    Component component_of(const Packet& packet) const;
    bool is_media(Component component, Bytes payload) const;
    Standing judge(Component component, const base::Endpoint& source) const;
    // True: it is latched now, and was not before.
    bool learn(Component component, const base::Endpoint& source, base::Time now);
    bool knows(Component component, const base::Endpoint& source) const;
    void forget(const base::Endpoint& source);

    const base::Endpoint& local(Component component) const {
        return component == Component::rtp ? end->rtp_local : end->rtcp_local;
    }
    std::optional<base::Endpoint> negotiated(Component component) const;
    std::optional<base::Endpoint> destination(Component component) const;
    // No destination yet, but the peer's description is still to come.
    bool destination_to_come() const { return !end->rtp_remote && end->rule == SourceRule::negotiated; }

    // The end is about to become `next`: forgets what was learnt for another remote or under another rule.
    void prepare(const End& next, bool relearn);
};

}  // namespace media
