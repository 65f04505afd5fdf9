// What must hold at the end of every run: nothing is left, every story is told to its end, and where nothing disturbed
// it, as it was foreseen.
#include <algorithm>

#include "tests/sim/run.hh"

namespace sim {
void Run::judge_end() {
    judge_totals();
    for (const auto& story : stories_) judge_story(*story);
    for (const auto& agent : agents_)
        if (!agent->dead() && agent->busy())
            world_.broken(agent->home().name + " still has " + std::to_string(agent->busy()) + " transactions");
}

void Run::judge_totals() {
    std::uint64_t calls = 0;
    for (const auto& worker : gate_.workers()) {
        judge_totals(worker->b2bua);
        calls += worker->b2bua.totals().calls_total;
    }
    if (gate_.records().size() < calls)
        world_.broken(std::to_string(calls) + " calls, but only " + std::to_string(gate_.records().size()) + " are written down");
    if (gate_.kept()) world_.broken(std::to_string(gate_.kept()) + " records left in the journal");
    if (kernel_.size()) world_.broken(std::to_string(kernel_.size()) + " pinholes left in the kernel: " + kernel_.first());
}

void Run::judge_totals(const sbc::B2bua& b2bua) {
    const auto totals = b2bua.totals();
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
    for (const auto& peer : b2bua.peers())
        if (peer.calls) world_.broken("peer " + peer.name + " still counts " + std::to_string(peer.calls) + " calls");
}

// What a fork says before any has answered is heard in its own dialog, where its SDP names where it sends from.
void Run::judge_early_media(const Story& story) {
    const auto& weather = network_.weather();
    const bool in_order = weather.fair() && weather.most - weather.least <= Duration{100};
    const auto is_guessed = [in_order](const Leg* leg) {
        const auto& home = leg->agent->home();
        return leg->who == Who::callee && !home.inside && (!in_order || home.behind_nat());
    };
    if (std::ranges::any_of(story.legs, is_guessed)) return;
    for (const auto* leg : story.legs) {
        if (leg->who != Who::caller || !leg->fork || leg->gates.empty()) continue;
        for (const auto& [fork, from] : story.early_heard)
            if (fork == leg->fork && !leg->gates.contains(from))
                world_.broken("story " + std::to_string(story.number) + ": what fork " + std::to_string(fork) +
                              " says is heard from " + from.to_string() + ", another fork's");
    }
}

void Run::judge_story(const Story& story) {
    const std::string name = "story " + std::to_string(story.number);
    if (!story.begun) return;
    judge_early_media(story);
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
