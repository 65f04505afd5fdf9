// Owns: RFC 3261, 10.2, "UAs MUST NOT send a new registration until they have received a final response".
#include "sbc/registration_turns.hh"

#include <utility>

#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/registration.hh"

namespace sbc {
namespace {

constexpr std::size_t kMostWaiting = 3;   // a phone that changes its mind while the registrar is silent

bool has_turns(const RelayedRequest& relayed) {
    return relayed.request.method() == sip::Method::register_ && !relayed.aor.empty();
}

}  // namespace

bool is_under_way(const Context& context, std::string_view aor, const base::Flow& flow) {
    return !context.turns.empty() && context.turns.contains({std::string(aor), flow});
}

bool take_turn(Context& context, RelayedRequest& relayed) {
    if (!has_turns(relayed)) return true;
    const auto [turn, free] = context.turns.try_emplace({relayed.aor, relayed.from.flow});
    if (free) return true;
    auto& waiting = turn->second;
    if (waiting.size() < kMostWaiting) {
        waiting.push_back(std::move(relayed));
        return false;
    }
    context.refused(base::Reason::register_pending);
    refuse_for_now(context, relayed.server, relayed.local_tag);
    return false;
}

std::optional<RelayedRequest> end_turn(Context& context, const RelayedRequest& relayed) {
    if (!has_turns(relayed)) return std::nullopt;
    const auto turn = context.turns.find({relayed.aor, relayed.from.flow});
    if (turn == context.turns.end()) return std::nullopt;
    if (turn->second.empty()) {
        context.turns.erase(turn);
        return std::nullopt;
    }
    std::optional next(std::move(turn->second.front()));
    turn->second.pop_front();
    return next;
}

}  // namespace sbc
