// The branch: two phones whose registrar sleeps for a while. They stay registered, and call each other all the same;
// before and after it takes their calls itself.
#include <algorithm>

#include "tests/sim/run.hh"

namespace sim {

using namespace std::chrono_literals;

void Run::write_outage() {
    if (!fate_.outage) return;
    for (const char* name : {"mia", "max"}) {
        auto& phone = agent(name);
        const auto heard = [this, &phone](const sip::Message* response) {
            const int status = response ? response->status() : 0;
            if (fate_.fair() && status != 200)
                world_.broken(phone.home().name + " lost its registration: " + std::to_string(status));
        };
        for (auto when = 0s; when < 110s; when += 12s)
            world_.after(when + world_.between(0s, 1s), [&phone, heard] { phone.register_at(60, false, heard); });
    }
    const auto begin = world_.between(15s, 30s), end = world_.between(70s, 80s);
    world_.after(begin, [this] { world_.tell("     home falls asleep"), agent("home").sleep(true); });
    world_.after(end, [this] { world_.tell("     home wakes up"), agent("home").sleep(false); });
    for (const auto when : {world_.between(2s, 4s), begin + world_.between(1s, 30s), end + world_.between(12s, 20s)}) {
        auto& story = *stories_.emplace_back(std::make_unique<Story>());
        story.number = static_cast<unsigned>(stories_.size());
        cast_.stories[story.number] = &story;
        story.caller = &agent("mia");
        story.uri = "sip:max@" + story.caller->home().gate.to_string();
        plan_answer(story);
        plan_changes(story.plan);
        auto& plan = story.plan;
        plan.cancel_after = Duration{0};
        plan.talk = std::clamp<Duration>(plan.talk, 1s, 8s);
        if (plan.status / 100 != 2) plan.status = 486;
        std::erase_if(plan.steps, [](const Plan::Step& step) { return step.act == Act::refer; });
        story.expected = plan.status;
        world_.after(when, [this, &story] {
            story.caller->call(story);
            watch(story);
        });
    }
}

}  // namespace sim
