// Strong integers: a zone is no peer, a call is no timer.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace base {

template <class Tag, class Value = std::uint32_t>
struct Id {
    Value value{};
    friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using ZoneId = Id<struct ZoneTag, std::uint16_t>;          // index into the policy's zones
using PeerId = Id<struct PeerTag, std::uint16_t>;          // index into the policy's peers
using ListenerId = Id<struct ListenerTag, std::uint16_t>;  // index into the policy's listeners, all zones
using ConnectionId = Id<struct ConnectionTag, std::uint64_t>;  // 0: datagram, no connection
using WorkerId = Id<struct WorkerTag, std::uint8_t>;
using CallNumber = Id<struct CallTag, std::uint64_t>;      // our number for a call, unique for a worker's life

inline constexpr PeerId kNoPeer{0xffff};

}  // namespace base

template <class Tag, class Value>
struct std::hash<base::Id<Tag, Value>> {
    std::size_t operator()(base::Id<Tag, Value> id) const noexcept { return std::hash<Value>{}(id.value); }
};
