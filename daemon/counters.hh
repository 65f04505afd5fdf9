// What one worker counts, read by nobody but itself until a command asks for a copy.
#pragma once

#include <array>
#include <cstdint>

#include "base/reason.hh"

namespace sallyportd {

struct Counters {
    std::uint64_t messages = 0;            // that passed guard and parser here
    std::uint64_t handed_over = 0;         // of these: given to the worker that owns them
    std::uint64_t sent = 0;
    std::uint64_t answers_withheld = 0;    // refusals beyond the rate of answers
    std::uint64_t media_packets = 0;       // read by the relay
    std::uint64_t media_send_failures = 0;
    std::uint64_t connections = 0;         // now
    std::uint64_t connections_refused = 0;
    std::uint64_t datagrams_lost = 0;      // that the kernel did not take
    std::uint64_t records_lost = 0;        // that the disk did not take
    std::array<std::uint64_t, base::kReasonCount> refused{};         // signalling, by reason
    std::array<std::uint64_t, base::kReasonCount> media_dropped{};   // by reason

    void refuse(base::Reason reason) { ++refused[static_cast<std::size_t>(reason)]; }

    Counters& operator+=(const Counters& o) {
        messages += o.messages, handed_over += o.handed_over, sent += o.sent;
        answers_withheld += o.answers_withheld, media_packets += o.media_packets;
        media_send_failures += o.media_send_failures, connections += o.connections;
        connections_refused += o.connections_refused, datagrams_lost += o.datagrams_lost;
        records_lost += o.records_lost;
        for (std::size_t i = 0; i < refused.size(); ++i)
            refused[i] += o.refused[i], media_dropped[i] += o.media_dropped[i];
        return *this;
    }
};

}  // namespace sallyportd
