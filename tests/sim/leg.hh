// One dialog of a simulated user agent, with its media and what is under way in it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sip/dialog.hh"
#include "sip/transactions.hh"
#include "tests/sim/description.hh"
#include "tests/sim/story.hh"

namespace sim {

struct Leg {
    enum class State : std::uint8_t { early, established, ended };

    Agent* agent = nullptr;
    Story* story = nullptr;
    Who who = Who::caller;
    State state = State::early;
    sip::Dialog dialog;

    std::vector<Stream> streams;                        // as agreed last
    std::optional<std::vector<Stream>> offered;         // our offer under way
    Style style;
    unsigned fork = 0;                                  // which of the callee's; 0: not said
    std::set<base::Endpoint> gates;                     // where the gate's descriptions told the caller to send to
    std::string told;                                   // our last description
    unsigned agreements = 0;                            // offer/answer exchanges so far

    sip::ClientId invite_out;                           // ours, without a final response
    sip::ServerId invite_in;                            // theirs, without a final response of ours
    struct Unacknowledged {
        sip::ServerId server;
        std::uint32_t cseq = 0;
        std::shared_ptr<sip::Message> response;
        base::Duration interval{};
        base::Time give_up;
    };
    std::optional<Unacknowledged> unacknowledged;       // our 2xx without its ACK
    std::vector<std::pair<std::uint32_t, std::shared_ptr<const std::string>>> acks;   // ours, by CSeq
    Leg* replaces = nullptr;                            // our own call, that it takes the place of
    bool took_over = false;                             // it was called in somebody's place
    std::uint32_t rseq_heard = 0;                       // the last that we acknowledged
    std::uint32_t rseq = 0;                             // ours, without its PRACK; 0: none

    bool settled() const {
        return state == State::established && !offered && !invite_out.value && !invite_in.value && !unacknowledged;
    }
};

}  // namespace sim
