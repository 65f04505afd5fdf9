// What a seed stands for: the weather, the cast, the calls, the other requests, and what disturbs them.
#include <algorithm>

#include "tests/sim/map.hh"
#include "tests/sim/run.hh"

namespace sim {
namespace {

using namespace std::chrono_literals;

bool has_two_targets(const Story& story) {
    return story.uri.find("twice") != story.uri.npos || story.uri.find("farm") != story.uri.npos;
}

bool is_rung_at_two(const Story& story) {
    return story.uri.find(":all") != story.uri.npos || story.uri.find(":serial") != story.uri.npos;
}

// The first of two targets refuses at once, the other plays the story.
bool is_lower_class(int status, int than) { return status / 100 < than / 100 || status >= 600; }

Home home(std::string name, std::string_view where, bool inside) {
    Home home;
    home.name = std::move(name);
    home.inside = inside;
    home.real = home.written = endpoint(where);
    home.real_media = home.written_media = home.real.address;
    const bool v4 = home.real.address.is_v4();
    home.gate = inside ? gate_inside(v4) : gate_outside(v4);
    return home;
}

}  // namespace

Run::Fate Run::choose_fate(World& world) {
    Fate fate;
    if (world.chance(0.5)) {
        fate.weather.loss = static_cast<double>(world.below(25)) / 100;
        fate.weather.duplication = static_cast<double>(world.below(12)) / 100;
    }
    fate.weather.least = world.between(200us, 20ms);
    fate.weather.most = fate.weather.least + (world.chance(0.5) ? Duration{100} : world.between(1ms, 60ms));
    if (world.chance(0.15)) fate.temper.refusal = 0.05 + static_cast<double>(world.below(30)) / 100;
    if (world.chance(0.1)) fate.temper.most = 80ms;
    if (world.chance(0.4)) fate.workers = static_cast<unsigned>(2 + world.below(3));
    fate.probing = world.chance(0.25);
    fate.dead_target = world.chance(0.1);
    fate.someone_dies = world.chance(0.15);
    fate.streams_break = world.chance(0.1);
    fate.crashes = world.chance(0.2);
    fate.outage = fate.probing && world.chance(0.6);
    return fate;
}

void Run::gather_cast() {
    std::vector<Home> homes;
    homes.push_back(home("alice", "203.0.113.20:5060", false));
    homes.push_back(home("nora", "203.0.113.30:6123", false));
    homes.back().written = endpoint("192.168.1.30:5060");
    homes.back().written_media = address("192.168.1.30");
    homes.push_back(home("tom", "203.0.113.40:5060", false));
    homes.back().transport = base::Transport::tcp;
    homes.push_back(home("carrier", "203.0.113.64:5060", false));
    if (world_.chance(0.5)) homes.back().real_media = homes.back().written_media = address("203.0.113.65");
    homes.push_back(home("vera", "[2001:db8:1::20]:5060", false));
    homes.push_back(home("pbx6", "[2001:db8:2::10]:5060", true));
    homes.push_back(home("pbx", "198.51.100.10:5060", true));
    homes.push_back(home("spare", "198.51.100.11:5060", true));
    homes.push_back(home("exchange", "198.51.100.12:5060", true));
    homes.back().transport = base::Transport::tcp;
    homes.push_back(home("ivan", "198.51.100.20:5060", true));
    if (world_.chance(0.5)) homes.back().real_media = homes.back().written_media = address("198.51.100.21");
    for (const auto& [name, where] : {std::pair{"mia", "203.0.113.50:5060"}, std::pair{"max", "203.0.113.51:5060"}}) {
        homes.push_back(home(name, where, false));
        homes.back().gate = gate_at_branch();
        homes.back().domain = "phones.example";
    }
    homes.push_back(home("home", "198.51.100.13:5060", true));
    for (auto& where : homes) agents_.push_back(std::make_unique<Agent>(cast_, std::move(where)));
    if (fate_.dead_target) agent("pbx").die();
}

void Run::write_stories() {
    const auto count = static_cast<unsigned>(1 + world_.below(6));
    for (unsigned number = 1; number <= count; ++number) write_story(number);
}

void Run::write_story(unsigned number) {
    auto& story = *stories_.emplace_back(std::make_unique<Story>());
    story.number = number;
    cast_.stories[number] = &story;
    choose_target(story);
    plan_answer(story);
    plan_changes(story.plan);
    foresee(story);
    world_.after(world_.between(0s, 8s), [this, &story] {
        static constexpr const char* kRegistered[] = {"alice", "nora", "vera"};
        for (std::size_t i = 0, first = world_.below(3); i < 3 && story.uri.empty(); ++i)
            story.uri = agent("pbx").registered(kRegistered[(first + i) % 3]);
        if (story.uri.empty()) return;
        story.caller->call(story);
        if (story.plan.cancel_after > Duration{0})
            world_.after(story.plan.cancel_after, [&story] { story.caller->cancel(story); });
        watch(story);
    });
}

void Run::choose_target(Story& story) {
    static constexpr std::string_view kPhones[] = {"alice", "nora", "tom", "vera"};
    static constexpr std::string_view kInsiders[] = {"ivan", "spare", "exchange", "pbx6"};
    const auto dice = world_.below(100);
    if (dice < 30) {
        story.caller = &agent(kInsiders[world_.below(4)]);
        story.uri = "sip:+4722" + std::to_string(story.number) + "@" + story.caller->home().gate.to_string();
    } else if (dice < 40 && !fate_.dead_target) {
        story.caller = &agent("pbx");      // to a registered phone, whose URI is known when the call begins
    } else {
        story.caller = &agent(kPhones[world_.below(4)]);
        const bool twice = fate_.dead_target ? world_.chance(0.8) : world_.chance(0.2);
        const std::string user = twice                ? "twice"
                                 : world_.chance(0.25) ? (world_.chance(0.6) ? "all" : "serial")
                                 : world_.chance(0.2)  ? "stream"
                                 : world_.chance(0.25) ? "six"
                                 : world_.chance(0.25) ? "farm"
                                 : world_.chance(0.2)  ? "moved"
                                                       : "desk";
        story.uri = "sip:" + user + std::to_string(story.number) + "@" + story.caller->home().gate.to_string();
        if ((twice || is_rung_at_two(story)) && world_.chance(0.5)) story.plan.first_status = 503;
        if (user == "moved") story.plan.first_status = 302;
    }
}

void Run::plan_answer(Story& story) {
    static constexpr int kRefusals[] = {302, 404, 407, 480, 486, 488, 500, 503, 603};
    auto& plan = story.plan;
    plan.ring_after = world_.chance(0.2) ? Duration{0} : world_.between(0s, 1s);
    plan.answer_after = world_.chance(0.2) ? Duration{0} : world_.between(0s, 5s);
    plan.late_offer = world_.chance(0.15);
    plan.narrow = plan.late_offer && world_.chance(0.4);
    plan.early_media = world_.chance(0.4);
    if (world_.chance(0.4)) plan.caller_reliable = world_.chance(0.5) ? Reliable::supported : Reliable::required;
    plan.callee_reliable = world_.chance(0.5);
    if (world_.chance(0.25)) plan.forks = static_cast<unsigned>(2 + world_.below(3));
    plan.two_answers = plan.forks > 1 && world_.chance(0.4);
    if (world_.chance(0.15)) plan.status = kRefusals[world_.below(std::size(kRefusals))];
    if (world_.chance(0.04)) plan.status = 0;
    if (world_.chance(0.2)) {
        plan.cancel_after = world_.between(1ms, 5s);
        if (world_.chance(0.4)) plan.cancel_after = plan.answer_after + world_.between(1ms, 120ms);
    }
    if (plan.status == 0 && world_.chance(0.5)) plan.cancel_after = world_.between(1s, 30s);
}

void Run::plan_changes(Plan& plan) {
    plan.talk = world_.between(10ms, 15s);
    if (world_.chance(0.08)) plan.talk = Duration{0};
    if (world_.chance(0.05)) plan.talk = world_.between(60s, 200s);   // longer than a session timer's time
    plan.caller_timer = world_.chance(0.4);
    plan.callee_timer = world_.chance(0.4);
    const auto ends = world_.below(10);
    plan.caller_ends = ends < 5 || ends == 9;
    plan.callee_ends = ends >= 5;
    const auto steps = world_.chance(0.6) ? world_.below(6) : 0;
    Duration time{0};
    for (std::size_t i = 0; i < steps; ++i) {
        time += world_.chance(0.3) ? world_.between(0s, 50ms) : world_.between(50ms, 4s);
        const auto who = world_.chance(0.5) ? Who::caller : Who::callee;
        plan.steps.push_back({time, who, static_cast<Act>(world_.below(kActs))});
        if (world_.chance(0.15)) {   // and the other side at once
            const auto other = who == Who::caller ? Who::callee : Who::caller;
            plan.steps.push_back({time, other, static_cast<Act>(world_.below(kActs))});
        }
    }
}

// Both targets play the same story, but for a first one that refuses: an answer wins, else the better refusal. In turn,
// a first target that has rung for its time is a 408.
void Run::foresee_rung_at_two(Story& story) const {
    const auto& plan = story.plan;
    if (plan.cancel_after > Duration{0}) return;
    if (plan.status == 200) {
        story.expected = 200;
        return;
    }
    const bool in_turn = story.uri.find(":serial") != story.uri.npos;
    if (fate_.dead_target || plan.status / 100 == 3 || (in_turn && plan.answer_after > Duration(1500ms))) return;
    const int heard = plan.status == 0 ? 408 : plan.status;
    if (!plan.first_status || is_lower_class(heard, plan.first_status)) story.expected = heard;
}

// What the caller must hear when nothing disturbs.
void Run::foresee(Story& story) const {
    const auto& plan = story.plan;
    const bool twice = has_two_targets(story);
    if (fate_.dead_target && !twice && story.uri.find(":desk") != story.uri.npos) {
        story.expected = plan.cancel_after > Duration{0} ? 0 : 408;
        if (fate_.probing) story.expected = 0;
        return;
    }
    if (story.uri.empty() || (fate_.dead_target && plan.first_status == 302)) return;
    // A callee that hangs up at once: its BYE may overtake its answer.
    if (plan.callee_ends && plan.talk < Duration(100ms)) return;
    if (is_rung_at_two(story)) return foresee_rung_at_two(story);
    const auto delay = fate_.dead_target && twice ? Duration(2s) : Duration{0};
    const bool outside = !story.caller->home().inside;
    story.expected = plan.status == 0 ? 408 : plan.status / 100 == 3 && outside ? 480 : plan.status;
    // Whoever calls later may find the dead target passed over, and be answered without delay.
    const auto answer = plan.answer_after + delay;
    if (plan.cancel_after == Duration{0}) return;
    if (plan.status == 0) story.expected = 0;
    else if (plan.cancel_after > answer + 2s) return;
    else story.expected = plan.cancel_after + 1s < plan.answer_after ? 487 : 0;
    if (plan.first_status) story.expected = 0;
}

// Short refreshes, some of them answered by the gate. Whoever hears that he is registered is: the registrar has him.
void Run::write_registrations() {
    for (const char* name : {"alice", "nora", "tom", "vera"}) {
        if (!world_.chance(0.5)) continue;
        auto& phone = agent(name);
        const auto left = std::make_shared<bool>(false);   // what is heard after a removal may have been on its way
        const auto heard = [this, &phone, left](const sip::Message* response) {
            const int status = response ? response->status() : 0;
            // Who dies between a removal and its record takes the phone back that it has just taken away.
            if (status == 200 && !*left && gate_.lives() == 1 && agent("pbx").registered(phone.home().name).empty())
                world_.broken(phone.home().name + " hears that it is registered, and is not");
            if (!fate_.fair() || fate_.dead_target || status == 200) return;
            if (status != 503 || !response->has(sip::HeaderName::retry_after))   // the registrar is busy
                world_.broken("REGISTER was answered with " + std::to_string(status));
        };
        const auto removed = [this](const sip::Message* response) {
            const int status = response ? response->status() : 0;
            if (fate_.fair() && !fate_.dead_target && status != 200 && status != 503)
                world_.broken("a removal was answered with " + std::to_string(status));
        };
        world_.after(world_.between(0s, 2s), [&phone, heard] { phone.register_at(60, false, heard); });
        for (const auto when : {20s, 42s, 66s})
            if (world_.chance(0.6)) world_.after(when, [&phone, heard] { phone.register_at(60, false, heard); });
        if (world_.chance(0.5)) world_.after(50s, [&phone, removed, left] { *left = true, phone.register_at(0, false, removed); });
    }
}

void Run::write_requests() {
    write_registrations();
    const auto heard = [this](const char* what) {
        return [this, what, count = 0](const sip::Message* response) mutable {
            if (response && response->status() < 200) return;
            if (++count > 1) world_.broken(std::string(what) + " was answered twice");
            if (fate_.fair() && !fate_.dead_target && (!response || response->status() != 200))
                world_.broken(std::string(what) + " was answered with " + (response ? std::to_string(response->status()) : "nothing"));
        };
    };
    for (const char* name : {"alice", "tom", "ivan", "nora", "vera"}) {
        auto& who = agent(name);
        if (world_.chance(0.2))
            world_.after(world_.between(0s, 9s), [&who, heard] { who.send_request(sip::Method::message, "bob", heard("MESSAGE")); });
        if (world_.chance(0.2))
            world_.after(world_.between(0s, 9s), [&who, heard] { who.send_request(sip::Method::options, "bob", heard("OPTIONS")); });
        if (world_.chance(0.15))
            world_.after(world_.between(0s, 9s), [&who, seconds = static_cast<unsigned>(20 + world_.below(20))] {
                who.subscribe("bob", seconds);
            });
    }
}

// The peer by name: its PBX first, then the spare; in some runs its targets change places, go, and come back.
void Run::write_locations() {
    const auto place = [this](std::vector<std::string_view> targets) {
        std::vector<sip::Server> servers;
        for (const auto text : targets) {
            const auto at = endpoint(text);
            servers.push_back({static_cast<std::uint16_t>(servers.size()), 0, base::Transport::udp, "farm.example", at.port, {at.address}});
        }
        const auto& peers = policies_.calm->peers;
        const auto farm = std::ranges::find(peers, "farm", &policy::Peer::name) - peers.begin();
        gate_.tell([&](sbc::B2bua& b2bua, Time now) {
            b2bua.on_located({static_cast<std::uint16_t>(farm)}, servers, now);
        });
    };
    constexpr std::string_view kPbx = "198.51.100.10:5060", kSpare = "198.51.100.11:5060", kNobody = "198.51.100.99:5060";
    place({kPbx, kSpare});
    if (!world_.chance(0.4)) return;
    for (const auto& story : stories_)
        if (story->uri.find("farm") != story->uri.npos) story->disturbed = true;
    const std::vector<std::vector<std::string_view>> changes{{kSpare, kPbx}, {}, {kNobody, kSpare}, {kNobody}, {kPbx}};
    for (int i = 0; i < 4; ++i)
        world_.after(world_.between(0s, 12s), [this, place, targets = changes[world_.below(changes.size())]] {
            world_.tell("     the farm's targets change");
            place(targets);
        });
    world_.after(13s, [place, kPbx, kSpare] { place({kPbx, kSpare}); });
}

void Run::write_disturbances() {
    const auto disturb_all = [this] {
        for (const auto& story : stories_) story->disturbed = true;
    };
    if (fate_.someone_dies)
        world_.after(world_.between(0s, 15s), [this] { agents_[world_.below(agents_.size())]->die(); });
    if (fate_.streams_break)
        for (int i = 0; i < 3; ++i)
            world_.after(world_.between(0s, 15s), [this] {
                auto& victim = agent(world_.chance(0.5) ? "tom" : "exchange");
                world_.tell("     stream of " + victim.home().name + " breaks");
                network_.reset_streams(victim.home().real);
                gate_.reset_streams(victim.home().real);
                victim.reset_streams();
            });
    if (world_.chance(0.25) && !fate_.crashes)   // other media ports: a call at the old ones ends with its process
        world_.after(world_.between(0s, 15s), [this] {
            world_.tell("     policy reload");
            for (const auto& story : stories_)      // a redirection that comes after it leads nowhere
                if (story->begun && !story->over() && story->plan.first_status == 302) story->disturbed = true;
            gate_.tell([&](sbc::B2bua& b2bua, Time now) { b2bua.on_policy(policies_.probing, now); });
        });
    if (world_.chance(0.1)) {
        disturb_all();
        world_.after(world_.between(0s, 6s), [this] { gate_.tell([](sbc::B2bua& b2bua, Time) { b2bua.drain(true); }); });
        world_.after(world_.between(6s, 9s), [this] { gate_.tell([](sbc::B2bua& b2bua, Time) { b2bua.drain(false); }); });
    }
    if (world_.chance(0.15)) {
        disturb_all();
        world_.after(world_.between(0s, 15s), [this] {
            const auto calls = gate_.calls();
            if (calls.empty()) return;
            const auto id = calls[world_.below(calls.size())].id;
            hung_up_ = true;
            world_.tell("     hang up " + id);
            gate_.tell([&](sbc::B2bua& b2bua, Time now) { b2bua.hang_up(id, now); });
        });
    }
    if (world_.chance(0.05)) {
        disturb_all();
        world_.after(world_.between(0s, 15s), [this] {
            hung_up_ = true;
            world_.tell("     hang up all");
            gate_.tell([](sbc::B2bua& b2bua, Time now) { b2bua.hang_up_all(now); });
        });
    }
    for (int i = 0; i < 20; ++i) world_.after(i * 700ms, [this] { intrude(); });
}

}  // namespace sim
