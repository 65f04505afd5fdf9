// What our table is to say, as plain data: made of the policy by daemon/, turned into text by nft/table_text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/time.hh"

namespace nft {

struct PortSpan {
    std::uint16_t first = 0, last = 0;
    friend auto operator<=>(const PortSpan&, const PortSpan&) = default;
};

// One worker's share of a zone's media ports, and the port of its transparent receiver (media/relay_socket).
struct MediaShare {
    base::Address address;
    PortSpan ports;
    std::uint16_t steer_port = 0;
    friend auto operator<=>(const MediaShare&, const MediaShare&) = default;
};

// Who may use a pinhole of Width::zone at these media ports.
struct Permitted {
    base::Address address;
    PortSpan ports;
    base::Prefix source;    // length 0: everybody, of the family of `address`
    friend auto operator<=>(const Permitted&, const Permitted&) = default;
};

// A signalling listener. `limited`: sources that are not exempt are held to the signalling rate.
struct SignallingDoor {
    base::Endpoint local;   // unspecified address: every one of the family
    bool stream = false;    // TCP, else UDP
    bool limited = true;
    friend auto operator<=>(const SignallingDoor&, const SignallingDoor&) = default;
};

struct TableSpec {
    std::string table = "sallyport";                              // family inet; letters, digits, '_', '-'
    std::uint32_t mark = 0x5a11;
    bool enforce = true;                                          // false: steer what has a pinhole, drop nothing
    base::Duration pinhole_timeout{std::chrono::seconds(60)};
    std::uint32_t signalling_rate = 4000;                         // packets a second and source, before user space
    std::uint32_t signalling_burst = 8000;
    std::uint32_t set_size = 262144;                              // pinholes a set; fixed for the table's life
    std::vector<MediaShare> media;
    std::vector<Permitted> permitted;
    std::vector<SignallingDoor> listeners;
    std::vector<base::Prefix> exempt;                             // allow-listed peers: no signalling limit
    friend bool operator==(const TableSpec&, const TableSpec&) = default;
};

}  // namespace nft
