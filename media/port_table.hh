// Which streams receive at a local endpoint: the one look-up that every packet pays for. A flat table with linear
// probing, at most half full, so that it costs about one line of the cache; nothing is allocated for a look-up.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/endpoint.hh"
#include "media/relay.hh"

namespace media {

struct Stream;

// A stream's side that receives at a local endpoint.
struct PortUser {
    Stream* stream = nullptr;
    Side side = Side::a;
    friend bool operator==(const PortUser&, const PortUser&) = default;
};

struct Port {
    base::Endpoint local;
    PortUser first;                 // nearly always the only one; no stream: an empty place
    std::vector<PortUser> more;     // forks that share the port
};

class PortTable {
 public:
    // nullptr: nobody receives there.
    const Port* find(const base::Endpoint& local) const {
        for (std::size_t at = home(local);; at = (at + 1) & mask_) {
            const Port& port = ports_[at];
            if (!port.first.stream) return nullptr;
            if (same(port.local, local)) return &port;
        }
    }

    // The same user at the same endpoint counts once; later ones come after earlier ones.
    void enter(const base::Endpoint& local, PortUser user);
    void leave(const base::Endpoint& local, PortUser user);

 private:
    static std::uint64_t half(const base::Address& address, std::size_t offset) {
        std::uint64_t value;
        std::memcpy(&value, address.bytes().data() + offset, 8);
        return value;
    }
    static bool same(const base::Endpoint& a, const base::Endpoint& b) {
        return ((half(a.address, 0) ^ half(b.address, 0)) | (half(a.address, 8) ^ half(b.address, 8)) |
                static_cast<std::uint64_t>(a.port ^ b.port)) == 0;
    }
    std::size_t home(const base::Endpoint& local) const {
        std::uint64_t hash = (half(local.address, 0) * 0x9e3779b97f4a7c15U) ^ half(local.address, 8);
        hash = (hash ^ local.port) * 0xc2b2ae3d27d4eb4fU;
        return (hash ^ (hash >> 32)) & mask_;
    }
    Port* place_of(const base::Endpoint& local) {
        return const_cast<Port*>(static_cast<const PortTable*>(this)->find(local));
    }
    void grow();
    void take_out(std::size_t at);

    std::vector<Port> ports_ = std::vector<Port>(64);
    std::size_t mask_ = 63, used_ = 0;
};

}  // namespace media
