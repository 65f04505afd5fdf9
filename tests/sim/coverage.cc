#include "tests/sim/coverage.hh"

#include "tests/sim/run.hh"

namespace sim {
namespace {

std::uint32_t state_of(const Leg* leg) {
    if (!leg) return 0;
    return 1 + static_cast<std::uint32_t>(leg->state) + (leg->offered ? 4U : 0U) + (leg->invite_out.value ? 8U : 0U) +
           (leg->invite_in.value ? 16U : 0U) + (leg->unacknowledged ? 32U : 0U);
}

const Leg* first_of(const Story& story, Who who) {
    for (const auto* leg : story.legs)
        if (leg->who == who) return leg;
    return nullptr;
}

}  // namespace

void Run::note_pairs() {
    for (const auto& story : stories_) {
        const Leg* legs[2] = {story->talking[0], story->talking[1]};
        for (const auto who : {Who::caller, Who::callee})
            if (auto& leg = legs[static_cast<std::size_t>(who)]; !leg) leg = first_of(*story, who);
        coverage_.pairs.insert(state_of(legs[0]) << 8 | state_of(legs[1]));
    }
}

void Run::note_stories() {
    const auto note = [this](std::string_view what, bool is_so) { coverage_.count(what, is_so ? 1 : 0); };
    note("runs with several workers", fate_.workers > 1);
    coverage_.count("messages handed over", gate_.handed_over());
    note("runs in which the gate died", gate_.lives() > 1);
    note("runs in which several workers died at once", gate_.lives() > 1 && fate_.workers > 1);
    coverage_.count("calls taken back", gate_.taken_back());
    for (const auto& worker : gate_.workers()) {
        const auto totals = worker->b2bua.totals();
        coverage_.count("refreshes without a registrar", totals.registers_survived);
        coverage_.count("calls without a registrar", totals.calls_survived);
    }
    for (const auto& owned : stories_) {
        const auto& story = *owned;
        const auto* callee = first_of(story, Who::callee);
        note("calls", story.begun);
        if (!story.begun || !callee) continue;
        const bool v4 = story.caller->home().real.address.is_v4(), far_v4 = callee->agent->home().real.address.is_v4();
        note("reached their callee", true);
        note("answered", story.talking[0] && story.talking[1]);
        note("forked", story.plan.forks > 1);
        note("rung at two targets", story.uri.find(":all") != story.uri.npos || story.uri.find(":serial") != story.uri.npos);
        note("answered twice", story.plan.two_answers);
        note("with early media", story.plan.early_media);
        note("with a late offer", story.plan.late_offer);
        note("with an offer of the gate's own", story.offered_by_gate);
        note("narrowed by an answer to it", story.narrowed);
        note("cancelled", story.cancelled);
        note("within IPv6", !v4 && !far_v4);
        note("between IPv4 and IPv6", v4 != far_v4);
        note("to or from behind NAT", story.caller->home().behind_nat() || callee->agent->home().behind_nat());
        note("over TCP", story.caller->home().transport == base::Transport::tcp);
        note("redirected", story.plan.first_status == 302);
        note("longer than their session timer", story.talking[0] && story.ended - story.answered > std::chrono::seconds(90));
        note("refused by their callee", story.status >= 300);
        coverage_.count("provisional responses acknowledged", story.pracks);
        note("transferred", story.transferred > 0);
        coverage_.count("media probes judged", story.probed);
    }
}

}  // namespace sim
