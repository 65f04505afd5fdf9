// Runs in which the gate dies, once or twice, at any effect. Whoever was in the middle of something finds out as people
// do: a call that rings for ever is given up, one that is silent is hung up.
#include "tests/sim/run.hh"

namespace sim {

using namespace std::chrono_literals;

void Run::write_crashes() {
    if (!fate_.crashes) return;
    for (const auto& story : stories_) story->disturbed = true;
    const auto times = 1 + world_.below(2);
    for (std::size_t i = 0; i < times; ++i)
        world_.after(world_.between(0s, 15s), [this] {
            if (!gate_.down()) gate_.crash_at(1 + world_.below(6), world_.between(50ms, 900ms), [this] { mourn(); });
        });
    world_.after(60s, [this] {
        for (const auto& story : stories_) story->caller->cancel(*story);
        for (const auto& agent : agents_) agent->give_up_ringing();
    });
    world_.after(150s, [this] {
        for (const auto& agent : agents_) agent->hang_up_all();
    });
}

// What had come to rest on both sides must go on as if nothing had been; the rest is torn.
void Run::mourn() {
    for (const auto& agent : agents_) {
        if (!base::is_reliable(agent->home().transport)) continue;
        network_.reset_streams(agent->home().real);
        agent->reset_streams();
    }
    for (const auto& story : stories_) {
        const auto* caller = story->talking[0];
        const auto* callee = story->talking[1];
        const bool at_rest = caller && callee && caller->settled() && callee->settled() && !story->referring;
        if (story->begun && !at_rest) story->torn = true;
    }
}

}  // namespace sim
