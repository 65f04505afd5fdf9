// The simulation's command line. `sim --seeds N --from S` plays N seeds, in as many processes as there are cores;
// `sim --seed X --verbose` shows one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "base/log.hh"
#include "base/number.hh"
#include "policy/loader.hh"
#include "tests/sim/run.hh"
#include "tests/sim/shares.hh"

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kSeeds = 2000;       // each takes ten times as long
#else
constexpr std::uint64_t kSeeds = 20000;
#endif

struct Options {
    std::uint64_t seeds = kSeeds, from = 1, jobs = std::max(1u, std::thread::hardware_concurrency());
    bool verbose = false, good = true;
};

constexpr std::uint64_t kTellsAll = 1000;    // seeds that reach every kind of story
constexpr std::uint64_t kPlayedTwice = 25;   // of the first seeds, for determinism

Options read(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc && options.good; ++i) {
        const std::string_view name = argv[i];
        if (name == "--verbose") {
            options.verbose = true;
            continue;
        }
        const auto number = i + 1 < argc ? base::to_number<std::uint64_t>(argv[++i]) : std::nullopt;
        options.good = number.has_value();
        if (!number) break;
        if (name == "--seeds") options.seeds = *number;
        else if (name == "--from") options.from = *number;
        else if (name == "--jobs") options.jobs = *number;
        else if (name == "--seed") options.from = *number, options.seeds = 1;
        else options.good = false;
    }
    return options;
}

// Prints what was reached. Answers how many kinds of story never came where all should.
std::uint64_t tell(const sim::Coverage& coverage, bool all) {
    std::uint64_t missing = 0;
    for (const auto& [what, times] : coverage.counts) {
        std::printf("%10llu  %.*s\n", static_cast<unsigned long long>(times), static_cast<int>(what.size()), what.data());
        if (all && !times) ++missing, std::printf("            never: %.*s\n", static_cast<int>(what.size()), what.data());
    }
    return missing;
}

policy::SnapshotPtr load(const char* name) {
    const auto loaded = policy::load(std::string(SIM_POLICIES) + "/" + name, {.check_local_addresses = false});
    for (const auto& complaint : loaded.complaints)
        if (complaint.is_error) std::fprintf(stderr, "%s\n", complaint.to_string().c_str());
    return loaded.snapshot;
}

// Every `jobs`th seed, `share` the first of them.
sim::Tally play(const Options& options, const sim::Policies& policies, std::uint64_t share) {
    sim::Tally tally;
    sim::Coverage twice;
    for (std::uint64_t number = share; number < options.seeds; number += options.jobs) {
        const auto seed = options.from + number;
        sim::Run run(seed, options.verbose, policies, tally.coverage);
        run.play();
        auto complaints = run.complaints();
        if (number < kPlayedTwice && !options.verbose) {
            sim::Run again(seed, false, policies, twice);
            again.play();
            if (again.fingerprint() != run.fingerprint()) complaints.emplace_back("played again it is another run");
        }
        tally.packets += run.packets();
        if (complaints.empty()) continue;
        ++tally.failed;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), complaints.front().c_str());
        for (std::size_t i = 1; i < std::min<std::size_t>(complaints.size(), 4); ++i)
            std::printf("    and %s\n", complaints[i].c_str());
    }
    return tally;
}

}  // namespace

int main(int argc, char** argv) {
    auto options = read(argc, argv);
    options.jobs = options.verbose ? 1 : std::min(options.jobs, options.seeds);
    if (!options.good || !options.jobs) {
        std::fprintf(stderr, "usage: sim [--seeds N] [--from S] [--jobs N] [--seed X] [--verbose]\n");
        return 2;
    }
    base::log::open({}, options.verbose ? base::log::Level::warning : base::log::Level::error);
    const sim::Policies policies{load("calm.toml"), load("policy.toml")};
    if (!policies.calm || !policies.probing) return 1;
    const auto start = std::chrono::steady_clock::now();
    const auto tally = sim::play_shares(static_cast<unsigned>(options.jobs),
                                  [&](unsigned share) { return play(options, policies, share); });
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu media packets heard, %zu pairs of states, %.1f s\n", static_cast<unsigned long long>(tally.packets),
                tally.coverage.pairs.size(), seconds);
    const auto failed = tally.failed + tell(tally.coverage, options.seeds >= kTellsAll);
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(options.seeds - failed),
                static_cast<unsigned long long>(failed));
    return failed ? 1 : 0;
}
