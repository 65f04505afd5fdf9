#include "tests/sim/run.hh"

namespace sim {
namespace {

constexpr Duration kPlaying = std::chrono::seconds(300);   // longer than anything that a story may wait for
constexpr Duration kResting = std::chrono::seconds(70);    // 64*T1 and what follows
constexpr std::size_t kMostSteps = 400000;

}  // namespace

Run::Run(std::uint64_t seed, bool verbose, const Policies& policies, Coverage& coverage)
    : world_(seed, verbose),
      policies_(policies),
      coverage_(coverage),
      fate_(choose_fate(world_)),
      network_(world_, fate_.weather),
      kernel_(world_, fate_.temper),
      cast_{&world_, &network_, &traffic_, {}},
      gate_(world_, network_, kernel_,
            {fate_.probing ? std::vector{policies.probing, policies.calm} : std::vector{policies.calm, policies.probing}, seed,
             fate_.workers}) {
    gate_.watch([this] { note_pairs(); });
    gather_cast();
    write_stories();
    write_requests();
    write_outage();
    write_locations();
    write_disturbances();
    write_crashes();
}

Run::~Run() = default;

void Run::play() {
    const auto start = world_.now();
    bool ended = world_.run_until(start + kPlaying, kMostSteps);
    gate_.tell([&](sbc::B2bua& b2bua, Time now) { b2bua.on_policy(policies_.calm, now); });   // no more probes
    ended = ended && world_.run_until(start + kPlaying + kResting, kMostSteps);
    if (!ended) return world_.broken("more than " + std::to_string(kMostSteps) + " steps");
    note_stories();
    judge_end();
}

Agent& Run::agent(std::string_view name) {
    for (const auto& agent : agents_)
        if (agent->home().name == name) return *agent;
    return *agents_.front();
}

}  // namespace sim
