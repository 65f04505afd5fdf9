// Owns: RFC 3261, 16.7 (5, 6, 10): which response is the best, 6xx ends all, the losers are cancelled. Challenges are
// not gathered: each of ours towards a target is answered by peer_login.cc, another's is relayed as it is.
#include "sbc/call_branches.hh"

#include <algorithm>
#include <array>

#include "base/log.hh"
#include "sbc/call_bye.hh"
#include "sbc/call_invite.hh"
#include "sbc/call_life.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"

namespace sbc {
namespace {

constexpr std::string_view kElsewhere = "SIP;cause=200;text=\"Call completed elsewhere\"";

// The less, the better (16.7, 6): 6xx, then the lowest class; of 4xx those that say how to ask again.
int rank_of(int status) {
    if (status >= 600) return 0;
    constexpr std::array kHelpful{401, 407, 415, 420, 484};
    const bool helpful = std::ranges::find(kHelpful, status) != kHelpful.end();
    return status / 100 * 2 + (status / 100 == 4 && !helpful ? 1 : 0);
}

// One list for each peer, in the order in which they come.
std::vector<std::vector<Way>> by_peer(std::vector<Way> ways) {
    std::vector<std::vector<Way>> targets;
    for (auto& way : ways) {
        const auto same = std::ranges::find_if(targets, [&](const std::vector<Way>& target) {
            return way.party.is_target && target.front().party.is_target && target.front().party.peer == way.party.peer;
        });
        if (same == targets.end()) targets.emplace_back().push_back(std::move(way));
        else same->push_back(std::move(way));
    }
    return targets;
}

void set_off(Context& context, Call& call) {
    if (call.state != Call::State::early) return;
    if (!try_next_target(context, call)) return give_up(context, call, base::sip_status_of(base::Reason::no_target));
    const auto& fork = *call.fork;
    if (call.state != Call::State::early || fork.waiting.empty()) return;
    call.setup->ring = context.timers.arm(context.now + fork.route.ring, {Alarm::Kind::ring, call.number.value, 0});
}

// A call like the first branch was before it asked anybody, with another dialog towards the caller (12.1.1: to him it is
// another user agent that answers).
Call& begin_branch(Context& context, const Call& first, std::vector<Way> ways) {
    const auto& fork = first.fork;
    auto owned = std::make_unique<Call>();
    Call& call = *owned;
    call.number = context.next_call_number();
    call.id = std::to_string(call.number.value);
    call.policy = first.policy;
    auto& caller = call.party(Side::a) = first.party(Side::a);
    caller.counted = false;
    caller.descriptions = {};
    call.from = first.from, call.to = first.to, call.requested = first.requested, call.route = fork->route.route;
    call.emergency = first.emergency;
    call.words_key = first.words_key;
    call.started = first.started;
    call.fork = fork;
    call.setup = std::make_unique<Setup>(fork->request.clone(), fork->server);
    call.setup->route = fork->route;
    call.setup->ways = std::move(ways);
    auto& near = add_pair(context, call).dialogs[at(Side::a)] = fork->near;
    near.local_tag = context.token();
    own_tag(context, call, near.local_tag);
    context.introduce(caller, near.local_tag);
    fork->alive.push_back(call.number);
    context.calls.emplace(call.number, std::move(owned));
    base::log::info("branch_started", base::log::Fields("call", call.id)("of", first.id));
    return call;
}

// What only one call may hold of the caller goes on to another branch: the count against his peer, what he asks by.
void hand_on(Context& context, Call& from, Call& to) {
    if (std::exchange(from.party(Side::a).counted, false)) to.party(Side::a).counted = true;
    context.servers[from.fork->server] = {Owner::Kind::call, to.number.value};
}

void end_branch(Context& context, Call& branch, int status) {
    auto& fork = *branch.fork;
    std::erase(fork.alive, branch.number);
    if (!fork.alive.empty()) context.touched.push_back(fork.alive.front());
    fork.ended.push_back(branch_of(branch, status));
    branch.speaks = false;
    terminate(context, branch, "branch_ended", status);
}

}  // namespace

bool is_to_fork(const Call& call) {
    const auto& setup = *call.setup;
    return call.kind == Call::Kind::invite && setup.route.fork != policy::Forking::none && setup.ways.size() > 1 &&
           std::ranges::any_of(setup.ways, [&](const Way& way) { return way.party.peer != setup.ways.front().party.peer; });
}

bool is_foremost(const Call& call) { return !call.fork || call.fork->alive.front() == call.number; }

void ring_branches(Context& context, Call& call) {
    auto& setup = *call.setup;
    auto targets = by_peer(std::move(setup.ways));
    const auto fork = call.fork = std::make_shared<Fork>(setup.request.clone(), setup.server);
    fork->route = setup.route;
    fork->near = call.pairs.front()->dialogs[at(Side::a)];
    fork->alive.push_back(call.number);
    setup.ways = std::move(targets.front());
    targets.erase(targets.begin());
    if (fork->route.fork == policy::Forking::serial) {
        fork->waiting = std::move(targets);
        return set_off(context, call);
    }
    std::vector<Call*> branches{&call};
    for (auto& ways : targets) branches.push_back(&begin_branch(context, call, std::move(ways)));
    for (auto* branch : branches) set_off(context, *branch);
}

void ring_is_over(Context& context, Call& call) {
    if (call.state == Call::State::early && call.setup) abandon_setup(context, call, 408, {});
}

void fail_setup(Context& context, Call& call, Failure failure) {
    const auto fork = call.fork;
    const int status = failure.response.status();
    if (fork && (!fork->best || rank_of(status) < rank_of(fork->best->response.status()))) fork->best = std::move(failure);
    if (fork && status < 600 && !fork->waiting.empty()) {
        auto ways = std::move(fork->waiting.front());
        fork->waiting.erase(fork->waiting.begin());
        auto& next = begin_branch(context, call, std::move(ways));
        hand_on(context, call, next);
        end_branch(context, call, status);
        return set_off(context, next);
    }
    if (fork && status < 600 && fork->alive.size() > 1) {
        const auto other = std::ranges::find_if(fork->alive, [&](base::CallNumber n) { return n != call.number; });
        hand_on(context, call, *context.call(*other));
        return end_branch(context, call, status);
    }
    const auto said = fork ? *std::exchange(fork->best, {}) : std::move(failure);
    end_other_branches(context, call, {});
    context.transactions.respond(call.setup->server, said.response, context.now);
    if (fork) fork->ended.push_back(branch_of(call, status));
    terminate(context, call, said.why, said.response.status(), said.by);
}

void end_other_branches(Context& context, Call& call, std::string_view reason_header) {
    if (!call.fork) return;
    auto& fork = *call.fork;
    fork.waiting.clear();
    fork.best.reset();
    for (const auto number : std::vector(fork.alive)) {
        auto* branch = context.call(number);
        if (!branch || branch == &call) continue;
        hand_on(context, *branch, call);
        for (const auto& exchange : branch->exchanges)
            if (exchange.method == sip::Method::invite) context.transactions.cancel(exchange.client, reason_header, context.now);
        end_branch(context, *branch, 0);
    }
    context.servers[fork.server] = {Owner::Kind::call, call.number.value};
}

void branch_wins(Context& context, Call& call) {
    if (!call.fork) return;
    end_other_branches(context, call, kElsewhere);
    call.fork->ended.push_back(branch_of(call, 200));
}

}  // namespace sbc
