// One m-line of a dialog pair as data: its ports on both sides, the relay's stream, the sources that were learnt.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "media/port_pool.hh"
#include "media/relay.hh"
#include "sdp/session.hh"

namespace sbc {

using media::Side;
using media::other;
constexpr std::size_t at(Side side) { return static_cast<std::size_t>(side); }

// A pair of media ports that a line owns, with the pool that takes it back.
struct Ports {
    std::shared_ptr<media::PortPool> pool;
    base::Address advertised;
    std::uint16_t even = 0;
};

// One m-line of a dialog pair.
struct MediaLine {
    std::string type;
    bool active = false;
    bool encrypted = false;                           // SRTP: as offered, then as agreed
    media::StreamId stream;
    std::array<Ports, 2> ports;
    std::array<media::End, 2> ends;
    std::array<sdp::Direction, 2> directions{};
    std::array<bool, 2> mux{};
    std::array<std::array<std::optional<base::Endpoint>, 2>, 2> latched;  // [side][component]
};

}  // namespace sbc
