// Whether media flows where it must: while both sides of a call are settled each sends, twice, and must hear; and
// whether anybody else's gets through.
#include "tests/sim/map.hh"
#include "tests/sim/run.hh"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kMostProbes = 8;
constexpr Duration kDoubt = 1200ms;

std::vector<Stream> streams_of(const Leg& leg) { return leg.streams; }

}  // namespace

// Of forks behind one NAT whose media comes before their SDP, or without it, the gate can but guess at the source; those
// it has heard of are told apart when the ones that were not chosen have fallen silent.
bool Run::told_apart(const Story& story) const {
    if (story.plan.forks == 1) return true;
    const auto& weather = network_.weather();
    const bool at_once = story.plan.answer_after <= story.plan.ring_after;   // its 200 may overtake its 183
    const bool in_order = weather.fair() && weather.most - weather.least <= Duration{100} && !at_once;
    const bool guessed = story.plan.early_media && story.talking[1]->agent->home().behind_nat() && !in_order;
    return !guessed && world_.now() >= story.answered + kDoubt;
}

void Run::watch(Story& story) {
    if (story.probed >= kMostProbes) return;
    const auto* caller = story.talking[0];
    const auto* callee = story.talking[1];
    const bool settled = caller && callee && caller->settled() && callee->settled() && !story.torn && !story.referring;
    if (settled && !story.plan.two_answers && told_apart(story)) {
        ++story.probed;
        probe(story);
    }
    const bool over = story.over() && (!caller || caller->state == Leg::State::ended);
    const auto pause = story.plan.talk > 60s ? Duration(20s) : Duration(700ms);   // below the limit of silence
    if (!over) world_.after(pause, [this, &story] { watch(story); });
}

void Run::probe(Story& story) {
    auto* caller = story.talking[0];
    auto* callee = story.talking[1];
    const auto unchanged = [this, &story, caller, callee, life = gate_.lives(), first = caller->agreements,
                            second = callee->agreements] {
        return life == gate_.lives() && !gate_.down() && !story.torn && caller->settled() && callee->settled() &&
               caller->agreements == first && callee->agreements == second && !caller->agent->dead() &&
               !callee->agent->dead();
    };
    for (std::size_t i = 0; i < std::min(caller->streams.size(), callee->streams.size()); ++i)
        if (caller->streams[i].active != callee->streams[i].active)
            world_.broken("story " + std::to_string(story.number) + ": line " + std::to_string(i) + " stands at one side only");
    // What a late answer left out is told to the other side within a round trip, where nothing comes between.
    const bool in_time = fate_.fair() && story.plan.steps.empty() && world_.now() >= story.answered + 2s;
    for (std::size_t i = 0; in_time && i < std::min(caller->streams.size(), callee->streams.size()); ++i)
        if (caller->streams[i].active && caller->streams[i].formats != callee->streams[i].formats)
            world_.broken("story " + std::to_string(story.number) + ": line " + std::to_string(i) + " has different codecs");
    story.narrowed = story.narrowed || (in_time && story.plan.narrow && story.offered_by_gate);
    // The first round lets the gate learn who sits behind a NAT; the second must be heard.
    caller->agent->send_media(*caller, streams_of(*caller));
    callee->agent->send_media(*callee, streams_of(*callee));
    world_.after(200ms, [this, &story, caller, callee, unchanged] {
        if (!unchanged()) return;
        auto due = caller->agent->send_media(*caller, streams_of(*caller));
        const auto more = callee->agent->send_media(*callee, streams_of(*callee));
        due.insert(due.end(), more.begin(), more.end());
        world_.after(200ms, [this, &story, unchanged, due] {
            if (unchanged() && !hung_up_ && fate_.temper.refusal == 0) judge(story, due);
        });
    });
}

void Run::judge(Story& story, const std::vector<std::uint64_t>& due) {
    std::size_t lost = 0;
    for (const auto number : due) lost += traffic_.arrived(number) ? 0 : 1;
    if (lost)
        world_.broken("story " + std::to_string(story.number) + ": " + std::to_string(lost) + " of " +
                      std::to_string(due.size()) + " packets were not heard");
    // Another port of the same host is another source.
    for (auto* leg : story.talking) {
        std::uint64_t number = 0;
        const auto& home = leg->agent->home();
        for (const auto& stream : leg->streams)
            if (stream.flows())
                network_.send_media({home.real_media, 4}, *stream.rtp, traffic_.rtp(0, number));
    }
}

// Somebody from elsewhere, and somebody from each zone who is no party, at every port that a call has.
void Run::intrude() {
    for (const auto& call : gate_.calls())
        for (const auto& stream : call.streams)
            for (const auto& local : {stream.a.local, stream.b.local}) {
                std::uint64_t number = 0;
                const bool inside = is_inside(local.address), v4 = local.address.is_v4();
                const std::string_view neighbour = inside ? (v4 ? "198.51.100.200:4000" : "[2001:db8:2::99]:4000")
                                                          : (v4 ? "203.0.113.250:4000" : "[2001:db8:1::99]:4000");
                const auto stranger = endpoint(v4 ? "192.0.2.66:4000" : "[2001:db8:66::1]:4000");
                network_.send_media(stranger, local, traffic_.rtp(0, number));
                network_.send_media(endpoint(neighbour), local, traffic_.rtp(0, number));
            }
}

}  // namespace sim
