// The simulation's command line. `sim --seeds N --from S` plays N seeds; `sim --seed X --verbose` shows one.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/log.hh"
#include "base/number.hh"
#include "policy/loader.hh"
#include "tests/sim/run.hh"

namespace {

struct Options {
    std::uint64_t seeds = 2000, from = 1;
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

}  // namespace

int main(int argc, char** argv) {
    const auto options = read(argc, argv);
    if (!options.good) {
        std::fprintf(stderr, "usage: sim [--seeds N] [--from S] [--seed X] [--verbose]\n");
        return 2;
    }
    base::log::open({}, options.verbose ? base::log::Level::warning : base::log::Level::error);
    const sim::Policies policies{load("calm.toml"), load("policy.toml")};
    if (!policies.calm || !policies.probing) return 1;
    sim::Coverage coverage, twice;
    std::uint64_t failed = 0, packets = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
        sim::Run run(seed, options.verbose, policies, coverage);
        run.play();
        auto complaints = run.complaints();
        if (seed - options.from < kPlayedTwice && !options.verbose) {
            sim::Run again(seed, false, policies, twice);
            again.play();
            if (again.fingerprint() != run.fingerprint()) complaints.emplace_back("played again it is another run");
        }
        packets += run.packets();
        if (complaints.empty()) continue;
        ++failed;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), complaints.front().c_str());
        for (std::size_t i = 1; i < std::min<std::size_t>(complaints.size(), 4); ++i)
            std::printf("    and %s\n", complaints[i].c_str());
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu media packets heard, %zu pairs of states, %.1f s\n", static_cast<unsigned long long>(packets),
                coverage.pairs.size(), seconds);
    failed += tell(coverage, options.seeds >= kTellsAll);
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(options.seeds - failed),
                static_cast<unsigned long long>(failed));
    return failed ? 1 : 0;
}
