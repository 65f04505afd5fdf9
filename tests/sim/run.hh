// One run: the gate, the cast, the stories and the disturbances that a seed stands for, played to the end and judged.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/snapshot.hh"
#include "tests/sim/agent.hh"
#include "tests/sim/coverage.hh"
#include "tests/sim/gate.hh"

namespace sim {

struct Policies {
    policy::SnapshotPtr calm, probing;      // calm.toml, policy.toml
};

class Run {
 public:
    Run(std::uint64_t seed, bool verbose, const Policies& policies, Coverage& coverage);
    ~Run();

    void play();
    const std::vector<std::string>& complaints() const { return world_.complaints(); }
    std::uint64_t fingerprint() const { return world_.fingerprint(); }
    std::size_t packets() const { return traffic_.count(); }

 private:
    // What befalls a run beside its stories.
    struct Fate {
        Weather weather;
        Temper temper;
        unsigned workers = 1;
        bool probing = false, dead_target = false, someone_dies = false, streams_break = false, crashes = false;
        bool outage = false;
        bool fair() const {
            return weather.fair() && temper.refusal == 0 && !someone_dies && !streams_break && !crashes;
        }
    };

    // scenario.cc
    static Fate choose_fate(World& world);
    void gather_cast();
    void write_stories();
    void write_story(unsigned number);
    void choose_target(Story& story);
    void plan_answer(Story& story);
    void plan_changes(Plan& plan);
    void foresee(Story& story) const;
    void foresee_rung_at_two(Story& story) const;
    void write_locations();
    void write_disturbances();
    void write_requests();
    void write_registrations();
    void write_outage();
    Agent& agent(std::string_view name);

    // crash.cc
    void write_crashes();
    void mourn();

    // media_probe.cc
    void watch(Story& story);
    bool told_apart(const Story& story) const;
    void probe(Story& story);
    void judge(Story& story, const std::vector<std::uint64_t>& due);
    void intrude();

    // invariants.cc
    void judge_end();
    void judge_story(const Story& story);
    void judge_early_media(const Story& story);
    void judge_totals();
    void judge_totals(const sbc::B2bua& b2bua);

    // coverage.cc
    void note_pairs();
    void note_stories();

    World world_;
    Policies policies_;
    Coverage& coverage_;
    Fate fate_;
    bool hung_up_ = false;                       // by a command: media ends before its BYE is heard
    Network network_;
    Kernel kernel_;
    Traffic traffic_;
    Cast cast_;
    Gate gate_;
    std::vector<std::unique_ptr<Agent>> agents_;
    std::vector<std::unique_ptr<Story>> stories_;
};

}  // namespace sim
