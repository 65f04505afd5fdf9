// What must hold at the end of every run: nothing is left, every story is told to its end, and where nothing disturbed
// it, as it was foreseen.
#include "tests/sim/run.hh"

namespace sim {
namespace {

std::uint32_t state_of(const Leg* leg) {
    if (!leg) return 0;
    return 1 + static_cast<std::uint32_t>(leg->state) + (leg->offered ? 4U : 0U) + (leg->invite_out.value ? 8U : 0U) +
           (leg->invite_in.value ? 16U : 0U) + (leg->unacknowledged ? 32U : 0U);
}

}  // namespace

void Run::note_pairs() {
    for (const auto& story : stories_) {
        const Leg* legs[2] = {story->talking[0], story->talking[1]};
        for (auto* leg : story->legs)
            if (auto& first = legs[static_cast<std::size_t>(leg->who)]; !first) first = leg;
        pairs_.insert(state_of(legs[0]) << 8 | state_of(legs[1]));
    }
}

void Run::judge_end() {
    judge_totals();
    for (const auto& story : stories_) judge_story(*story);
    for (const auto& agent : agents_)
        if (!agent->dead() && agent->busy())
            world_.broken(agent->home().name + " still has " + std::to_string(agent->busy()) + " transactions");
}

void Run::judge_totals() {
    const auto totals = gate_.b2bua().totals();
    const auto none = [this](const char* what, std::uint64_t count) {
        if (count) world_.broken(std::to_string(count) + " " + what + " left");
    };
    none("calls", totals.calls);
    none("transactions", totals.transactions);
    none("ports", totals.ports_in_use);
    none("pinholes (as the B2BUA thinks)", totals.pinholes);
    none("streams", totals.streams);
    none("registrations", totals.registrations);
    none("things in tables", totals.remains);
    none("records in the journal", gate_.kept());
    if (gate_.records().size() < totals.calls_total)
        world_.broken(std::to_string(totals.calls_total) + " calls, but only " + std::to_string(gate_.records().size()) +
                      " are written down");
    if (kernel_.size()) world_.broken(std::to_string(kernel_.size()) + " pinholes left in the kernel: " + kernel_.first());
    for (const auto& peer : gate_.b2bua().peers())
        if (peer.calls) world_.broken("peer " + peer.name + " still counts " + std::to_string(peer.calls) + " calls");
}

void Run::judge_story(const Story& story) {
    const std::string name = "story " + std::to_string(story.number);
    if (!story.begun) return;
    if (!story.caller->dead()) {
        if (!story.over()) world_.broken(name + " never ended for its caller");
        if (story.finals > 1 || (story.finals && story.failures))
            world_.broken(name + ": the caller heard " + std::to_string(story.finals) + " final responses and " +
                          std::to_string(story.failures) + " failures");
    }
    for (const auto* leg : story.legs)
        if (!leg->agent->dead() && leg->state == Leg::State::established)
            world_.broken(name + ": " + leg->agent->home().name + " is still in a dialog");
    if (!fate_.fair() || story.disturbed || !story.expected || story.caller->dead()) return;
    if (story.status != story.expected)
        world_.broken(name + ": the caller heard " + std::to_string(story.status) + " instead of " +
                      std::to_string(story.expected));
}

}  // namespace sim
