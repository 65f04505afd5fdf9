// The story of a call that we fork ourselves (RFC 3261, 16.7, as a B2BUA's UAC side keeps it): one caller, several
// branches. Each branch is a call of its own towards its target, with its own early dialog, ports and pinholes at both
// sides; they share the caller's INVITE. The first 2xx makes its branch the call (docs/decisions/0019).
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sbc/call.hh"
#include "sbc/call_record.hh"

namespace sbc {

struct Context;

// How a branch, or a call without any, fails: what the caller would hear, and what its record would say.
struct Failure {
    sip::Message response;
    std::string_view why;
    Ender by = Ender::us;
};

struct Fork {
    Fork(sip::Message request_, sip::ServerId server_) : request(std::move(request_)), server(server_) {}

    sip::Message request;                             // the caller's
    sip::ServerId server;
    policy::RouteDecision route;
    sip::Dialog near;                                 // with the caller, before anybody has answered
    std::vector<base::CallNumber> alive;              // branches that may still answer
    std::vector<std::vector<Way>> waiting;            // targets that have not been asked: one branch each
    std::optional<Failure> best;
    bool refused = false;                             // by one for all (6xx): nobody is asked any more
    std::vector<CallRecord::Branch> ended;            // for the record
};

// The ways of the call's setup lead to more than one target, and its route says to ring them all.
bool is_to_fork(const Call& call);
// Rings the first target, or all of them. The call itself is the first branch.
void ring_branches(Context& context, Call& call);
// A serial branch has rung for its time: it is cancelled, and the next is asked.
void ring_is_over(Context& context, Call& call);

// Of the branches that live the one whose record stands for the attempt, should the process die; any call without branches.
bool is_foremost(const Call& call);

// The call's INVITE fails for good. Without branches the caller hears of it and the call is over; a branch ends alone,
// and the caller hears the best response when the last one has ended. A 6xx cancels all others (16.7).
void fail_setup(Context& context, Call& call, Failure failure);
// This branch has its 2xx: it is the call, and the others are cancelled.
void branch_wins(Context& context, Call& call);
// The same without an answer: what is left to say, this call says.
void end_other_branches(Context& context, Call& call, std::string_view reason_header);

}  // namespace sbc
