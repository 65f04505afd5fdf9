// REGISTERs of one user over one flow cross one after the other: the next waits until the one before has its final
// response, or has timed out (RFC 3261, 10.2). So none overtakes another on the way to the registrar, and a phone that
// asks again before it is answered has one binding there, not two. What waits is bounded; who asks more often hears
// when to come again.
#pragma once

#include <compare>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/flow.hh"

namespace sbc {

struct Context;
struct RelayedRequest;

struct RegisterTurn {
    std::string aor;
    base::Flow flow;
    friend auto operator<=>(const RegisterTurn&, const RegisterTurn&) = default;
};

// Who has a REGISTER under way, and what waits behind it, the first to come first.
using RegisterTurns = std::map<RegisterTurn, std::deque<RelayedRequest>>;

// A REGISTER of this user over this flow is under way.
bool is_under_way(const Context& context, std::string_view aor, const base::Flow& flow);
// True: it may cross now, and what comes later waits. False: it waits itself, or has been refused.
bool take_turn(Context& context, RelayedRequest& relayed);
// It has had its answer. Gives the one that is to cross next, which has the turn already.
std::optional<RelayedRequest> end_turn(Context& context, const RelayedRequest& relayed);

}  // namespace sbc
