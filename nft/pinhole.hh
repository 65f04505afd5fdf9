// A pinhole: who may send to one of our media ports (RFC 5853, 3.3). A value; the kernel's element is made of it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/endpoint.hh"
#include "base/ids.hh"

namespace nft {

enum class Protocol : std::uint8_t { udp, tcp };

// How narrow: the exact remote; any port of the remote's address; any source of the zone's permitted prefixes.
enum class Width : std::uint8_t { exact, address, zone };

struct Pinhole {
    Protocol protocol = Protocol::udp;
    Width width = Width::exact;
    base::Endpoint local;
    base::Endpoint remote;          // port 0 for Width::address; unspecified for Width::zone
    base::CallNumber call;          // the owner: the element's comment names it

    friend auto operator<=>(const Pinhole&, const Pinhole&) = default;
    // What makes it the same kernel element: all but the owner.
    bool same_element(const Pinhole& o) const {
        return protocol == o.protocol && width == o.width && local == o.local && remote == o.remote;
    }
};

// Pinholes as keys, whoever owns them.
struct ElementHash {
    std::size_t operator()(const Pinhole& p) const noexcept {
        const std::hash<base::Endpoint> endpoint;
        const auto kind = static_cast<std::size_t>(p.width) * 2 + static_cast<std::size_t>(p.protocol);
        return (endpoint(p.local) ^ endpoint(p.remote) * 0x9e3779b97f4a7c15U) + kind;
    }
};
struct SameElement {
    bool operator()(const Pinhole& a, const Pinhole& b) const { return a.same_element(b); }
};

// A change to the desired state.
struct Change {
    enum class Kind : std::uint8_t { open, close } kind = Kind::open;
    Pinhole pinhole;
};

// How a pinhole stands in the kernel.
struct PinholeStatus {
    Pinhole pinhole;
    std::uint64_t packets = 0, bytes = 0;   // of Width::exact; the kernel counts no others
    std::uint32_t expires_s = 0;
};

}  // namespace nft
