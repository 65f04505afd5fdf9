#include "sbc/call_forks.hh"

#include <algorithm>

#include "sbc/call_lines.hh"
#include "sbc/context.hh"

namespace sbc {
namespace {

// What is not chosen hears of it within a few round trips, and says no more.
constexpr base::Duration kDoubt = std::chrono::seconds(1);

// Else each fork makes an offer of its own.
bool asked_with_offer(const Call& call) {
    return std::ranges::any_of(call.exchanges, [](const Exchange& e) { return e.first && e.offer_in_request; });
}

}  // namespace

void keep_offer(Context& context, Call& call) {
    auto& pair = *call.pairs.front();
    if (!call.setup->offered.empty() || pair.offerer != Side::a || !asked_with_offer(call)) return;
    auto& offered = call.setup->offered = pair.lines;
    for (auto& line : offered) {
        line.stream = {};
        line.ports[at(Side::a)] = {};
        auto& near = line.ends[at(Side::a)];
        near.rtp_local = near.rtcp_local = {};
        if (line.active) install_or_update(context, call, line, false);
    }
}

void release_offer(Context& context, Call& call) {
    for (auto& line : call.setup->offered) release_line(context, call, line);
    call.setup->offered.clear();
}

std::optional<base::Reason> fork_media(Context& context, Call& call, DialogPair& fork) {
    for (const auto& line : call.setup->offered) {
        auto& added = fork.lines.emplace_back(line);
        added.stream = {};
        if (!added.active) continue;
        if (!take_ports(context, call, Side::a, added.ports[at(Side::a)])) return base::Reason::ports_exhausted;
        for (const Side side : {Side::a, Side::b}) set_local(added.ends[at(side)], added.ports[at(side)], false);
        install_or_update(context, call, added, false);
    }
    if (!fork.lines.empty()) fork.offerer = Side::a;
    if (const auto& own = call.pairs.front()->own_offer) fork.own_offer = OwnOffer{own->to, OwnOffer::Stage::asked, own->ours, {}, {}};
    return std::nullopt;
}

void doubt_sources(Context& context, DialogPair& pair) {
    for (auto& line : pair.lines) {
        auto& far = line.ends[at(Side::b)];
        if (!line.stream.value || far.rule != media::SourceRule::signalling_address) continue;
        line.latched[at(Side::b)] = {};
        far.latch_from = context.now + kDoubt;
        context.relay.update(line.stream, line.ends, false, context.now);
    }
}

}  // namespace sbc
