// One call attempt of a run: what is planned for it, and what became of it. The scenario makes it, the agents play it,
// the invariants judge it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/time.hh"

namespace sim {

class Agent;
struct Leg;

enum class Who : std::uint8_t { caller, callee };

enum class Act : std::uint8_t {
    hold, resume, move, add_line, drop_line, empty_reinvite, update, info, message, options, refer, cancelled_reinvite,
};
inline constexpr int kActs = 12;

enum class Reliable : std::uint8_t { no, supported, required };   // responses to a caller (RFC 3262)

struct Plan {
    bool late_offer = false;
    bool narrow = false;                      // its caller takes fewer codecs of a late offer than it could
    base::Duration cancel_after{0};           // 0: not
    unsigned forks = 1;                       // To tags of the callee
    bool two_answers = false;                 // two forks answer
    bool early_media = false;
    Reliable caller_reliable = Reliable::no;
    bool callee_reliable = false;             // it sends them so where it may
    base::Duration ring_after{0}, answer_after{0};
    int status = 200;                         // the callee's answer; 0: rings for ever
    int first_status = 0;                     // of the first of two targets; 0: it plays like the rest
    bool caller_timer = false, callee_timer = false;   // speaks of session timers, and lets the other side refresh or not
    struct Step {
        base::Duration after;                 // since the answer
        Who who;
        Act act;
    };
    std::vector<Step> steps;
    base::Duration talk{0};                   // since the answer; 0: nobody ends it
    bool caller_ends = true, callee_ends = false;
};

struct Story {
    unsigned number = 0;
    std::string uri;                          // who is called
    Agent* caller = nullptr;
    Plan plan;

    int expected = 0;                         // the status that the caller must hear; 0: any
    bool disturbed = false;                   // somebody dies, a stream is reset, …: nothing is expected

    // What became of it.
    bool begun = false;
    bool offered_by_gate = false;             // the callee heard an offer that the caller had not made
    bool narrowed = false;                    // both have the narrow caller's codecs
    unsigned pracks = 0;                      // that the callee has heard
    bool referred = false;                    // somebody wanted to leave it to another
    unsigned referring = 0, transferred = 0;  // such wishes: under way, and come true
    bool torn = false;                        // the gate died while something of it was under way
    int provisionals = 0, finals = 0, failures = 0;
    int status = 0;                           // of the first final response
    bool cancelled = false;
    std::vector<Leg*> legs;                   // of both sides, owned by their agents
    Leg* talking[2] = {};                     // by Who, once answered
    base::Time answered{}, ended{};           // as its caller heard it; when a side of the talk ended
    std::map<std::uint64_t, unsigned> early;  // packets that a fork sent before any had answered, and which fork
    std::vector<std::pair<unsigned, base::Endpoint>> early_heard;   // of which fork, from where
    unsigned probed = 0;                      // media probes that were judged

    bool over() const { return finals + failures > 0; }
};

}  // namespace sim
