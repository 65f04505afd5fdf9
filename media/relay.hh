// The media relay of one worker, as a pure table: for each packet a verdict, for each stream its two ends, latching
// (RFC 7362), early packets held until the answer names their source, counters. It touches no socket.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/endpoint.hh"
#include "base/ids.hh"
#include "base/reason.hh"
#include "base/time.hh"

namespace media {

using StreamId = base::Id<struct StreamTag, std::uint64_t>;  // chosen by the relay; 0: none
enum class Side : std::uint8_t { a, b };
constexpr Side other(Side side) { return side == Side::a ? Side::b : Side::a; }
enum class Component : std::uint8_t { rtp, rtcp };

// Whose packets count, before and after the peer's address is known.
enum class SourceRule : std::uint8_t {
    negotiated,          // exactly the remote of the SDP (nothing passes before it is known; early packets are held)
    signalling_address,  // far-end NAT: the first source port seen from `learn_from` is latched; then exactly that,
                         // but for the very source that the SDP names, which always counts and stays
};

// One side of a stream, as negotiated so far.
struct End {
    base::Endpoint rtp_local, rtcp_local;               // ours; equal where that side muxes
    std::optional<base::Endpoint> rtp_remote, rtcp_remote;  // from the SDP; none: not known yet
    SourceRule rule = SourceRule::negotiated;
    base::Address learn_from{};                         // for signalling_address
    // Until then nothing that is learnt lasts: the latest source counts (docs/decisions/0015). In the past: at once.
    base::Time latch_from{};
    // The peer of this end may send (its direction, hold). Packets of one that may not are forwarded all the same:
    // RTCP goes on during hold (RFC 3264, 8.4), and dropping RTP clips the first words after a resume. It is kept for
    // those who judge inactivity.
    bool may_send = true;
    bool plain_relay = false;                           // no RTP check: UDPTL and other UDP media
    std::uint32_t clock_rate = 8000;                    // of the RTP time stamps, for the jitter
    // Under which RTCP to this end is told other words on its sender (source_description.hh); 0: none are changed.
    std::uint64_t words_key = 0;
};

struct StreamSpec {
    base::CallNumber call;
    std::array<End, 2> ends;                            // by Side
};

struct EndCounters {
    std::uint64_t packets = 0, bytes = 0;               // accepted from this end's peer and forwarded
    std::uint64_t dropped = 0;                          // refused, all reasons
    std::uint64_t lost = 0;                             // by RTP sequence numbers
    double jitter_ms = 0;                               // RFC 3550, 6.4.1
    std::optional<base::Endpoint> latched;              // the RTP source that was learnt or confirmed
    base::Time last_packet{};
};

struct Packet {
    base::Endpoint local, remote;                       // where it came in, and from whom
    std::span<std::uint8_t> payload;                    // changed in place where what leaves is to differ
};

struct Forward {
    base::Endpoint from, to;
};

// What the transaction user learns from the media plane; taken after each batch. Only what signalling_address has
// latched, once a component: where RTP and RTCP share a port, once for both, as Component::rtp. Another stream at the
// same local endpoint that had latched this source has forgotten it.
struct Latched {
    StreamId stream;
    base::CallNumber call;
    Side side;
    Component component;
    base::Endpoint local, remote;
};

// An early packet whose source the answer has confirmed.
struct Released {
    Forward way;
    std::vector<std::uint8_t> payload;
};

class Relay {
 public:
    Relay();
    ~Relay();

    // Several streams may share a local endpoint on one side (forks of an INVITE): the source decides whose a packet
    // is: of the one whose SDP names it, else of the one that has learnt it, else of the first that may learn it. The
    // first installed keeps what comes before the sources are known.
    StreamId install(const StreamSpec& spec, base::Time now);
    // After an answer or a re-INVITE: ends as they are now. What was latched stays where the remote and rule did not
    // change; `relearn` forgets it (only a re-INVITE may ask for that).
    void update(StreamId stream, const std::array<End, 2>& ends, bool relearn, base::Time now);
    void remove(StreamId stream);
    // A source that an earlier life of the stream had learnt. Not told again by take_latched().
    void learn(StreamId stream, Side side, Component component, const base::Endpoint& source, base::Time now);

    // One packet. Nothing: it was dropped (counted) or held. Held are up to 16 packets an end, the newest, whose
    // source or destination the other side's answer is still to name; update() and install() release them.
    std::optional<Forward> receive(const Packet& packet, base::Time now);

    std::vector<Latched> take_latched();
    std::vector<Released> take_released();

    const EndCounters* counters(StreamId stream, Side side) const;
    const StreamSpec* spec(StreamId stream) const;
    // The later of both ends' last packets, or of install().
    base::Time last_activity(StreamId stream) const;
    std::size_t size() const;
    std::uint64_t dropped(base::Reason reason) const;   // for the metrics, all streams, and packets of no stream

 private:
    struct Table;
    std::unique_ptr<Table> table_;
};

}  // namespace media
