// Media packets that can be told apart: which call they belong to, and which of its packets they are. Who is to hear
// them is asked after a run.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/network.hh"

namespace sim {

struct Packet {
    unsigned story = 0;           // 0: an intruder's
    std::uint64_t number = 0;
};

class Traffic {
 public:
    // RTP or RTCP of a story; `number` is set to what arrived() is asked with.
    Bytes rtp(unsigned story, std::uint64_t& number);
    Bytes rtcp(unsigned story, std::uint64_t& number);
    static std::optional<Packet> read(std::string_view bytes);

    void arrive(const Packet& packet) { arrived_.insert(packet.number); }
    bool arrived(std::uint64_t number) const { return arrived_.contains(number); }
    std::size_t count() const { return arrived_.size(); }

 private:
    std::string text(unsigned story, std::uint64_t& number);
    std::uint64_t last_ = 0;
    std::set<std::uint64_t> arrived_;
};

}  // namespace sim
