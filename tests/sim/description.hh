// The session descriptions of simulated user agents: they write offers and answers of many shapes, and read what comes
// back (RFC 3264). Their own, small understanding of SDP beside sdp/, whose parser they use.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sdp/session.hh"
#include "tests/sim/world.hh"

namespace sim {

// One m-line as an agent keeps it: its own part and the peer's.
struct Stream {
    std::string type = "audio";
    bool active = true;                        // port is not 0
    bool plain = false;                        // UDPTL: no RTP, no RTCP
    std::uint16_t port = 0;                    // as it is written
    bool mux = false;
    bool odd_rtcp = false;                     // a=rtcp names a port that is not the next one
    sdp::Direction direction = sdp::Direction::sendrecv;
    std::set<std::string> formats{"0", "8", "101"};   // of RTP, as agreed

    std::optional<base::Endpoint> rtp, rtcp;   // the peer's, where we send to
    bool peer_mux = false;
    sdp::Direction peer_direction = sdp::Direction::sendrecv;

    bool agreed() const { return active && rtp.has_value(); }
    bool flows() const {
        return agreed() && direction == sdp::Direction::sendrecv && peer_direction == sdp::Direction::sendrecv;
    }
    std::uint16_t rtcp_port() const { return static_cast<std::uint16_t>(port + (odd_rtcp ? 3 : 1)); }
};

struct Style {
    base::Address address;                     // as it is written
    bool inside = false;                       // names the inside wherever it can
    bool connection_per_line = false;
    std::uint64_t id = 0, version = 0;
};

std::string write_description(const std::vector<Stream>& streams, const Style& style);

// The peer's part of each stream. False: that is no answer to what we offered.
bool read_answer(std::vector<Stream>& streams, std::string_view text);
// An offer of just what stands.
bool repeats(const std::vector<Stream>& streams, std::string_view text);
// The streams that answer an offer: ours where there were some before, new ones where lines were added. `accept` says
// for each line whether it is taken; `take_port` gives a new stream its port.
template <class Accept, class TakePort>
bool read_offer(std::vector<Stream>& streams, std::string_view text, Accept&& accept, TakePort&& take_port);

bool hear(Stream& stream, const sdp::MediaDescription& media);   // the peer's part of one line
void take_formats(Stream& stream, const sdp::MediaDescription& media);   // what an agent knows of them
sdp::Direction answer_to(sdp::Direction offered, sdp::Direction own);

template <class Accept, class TakePort>
bool read_offer(std::vector<Stream>& streams, std::string_view text, Accept&& accept, TakePort&& take_port) {
    const auto session = sdp::Session::parse(text, {});
    if (!session || session->media().size() < streams.size()) return false;
    const auto before = streams.size();
    streams.resize(session->media().size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const auto& media = session->media()[i];
        auto& stream = streams[i];
        const bool fresh = i >= before || !stream.active;
        stream.type = media.type;
        stream.plain = !media.is_rtp;
        stream.active = hear(stream, media) && accept(i);
        if (stream.active && fresh) stream.port = take_port();
        stream.mux = media.rtcp_mux && (fresh ? i % 2 == 0 : stream.mux);
        stream.direction = answer_to(media.direction, sdp::Direction::sendrecv);
        take_formats(stream, media);
    }
    return true;
}

}  // namespace sim
