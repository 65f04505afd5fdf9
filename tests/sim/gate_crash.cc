// The death of the gate's process between two effects, with all its workers, and its next life: what had left has left,
// what the kernel was told it does, the journal is what had been written; what one worker had for another is lost, and so
// are connections. Every record must live again at its home, with what it needs open.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sbc/call_journal.hh"
#include "tests/sim/gate.hh"

namespace sim {
namespace {

// Our media addresses of established calls, each with its call.
std::map<base::Endpoint, std::string> locals_of(const std::vector<sbc::CallView>& calls) {
    std::map<base::Endpoint, std::string> locals;
    for (const auto& call : calls)
        for (const auto& stream : call.streams)
            for (const auto& local : {stream.a.local, stream.b.local})
                if (call.state == "established") locals[local] = call.id;
    return locals;
}

bool is_in_setup(const std::string& key, const std::string& record) { return key.starts_with('c') && !sbc::decode_call(record); }

}  // namespace

void Gate::carry_out(Worker& worker, const sbc::Journal& entry) {
    if (const auto home = sbc::home_of_kept(entry.key); !home || *home != worker.id)
        world_.broken("record " + entry.key + " is not of the worker that writes it");
    if (entry.record) journal_[entry.key] = *entry.record;
    else journal_.erase(entry.key);
}

void Gate::crash_at(std::size_t effect, Duration down, std::function<void()> died) {
    crash_after_ = effect;
    down_time_ = down;
    died_ = std::move(died);
}

void Gate::crash() {
    crash_after_.reset();
    down_ = true;
    ++lives_;
    world_.tell("     the gate dies");
    connections_.clear();
    kernel_.forsake();
    if (died_) died_();
    world_.after(down_time_, [this] { come_back(); });
}

void Gate::come_back() {
    world_.tell("     the gate comes back with " + std::to_string(journal_.size()) + " records");
    down_ = false;
    ++lives_;           // what began while it was down counts for neither life
    records_.clear();   // a new life counts its calls anew
    make_workers();
    const auto kept = journal_;
    take_back();
    const auto restored = locals_of(calls());
    for (auto& worker : workers_) carry_out(*worker);
    for (const auto& [key, record] : kept)
        if (is_in_setup(key, record) && !records_.contains(key.substr(1)))
            world_.broken("the call of record " + key + " was in setup and is not written down");
    kernel_.close_forsaken(in_this_life([this, restored] {
        // A stream that has been offered since is none of these: its pinholes may still be on their way.
        for (const auto& [local, call] : locals_of(calls()))
            if (restored.contains(local) && !kernel_.is_open(local) && kernel_.is_reliable())
                world_.broken(local.to_string() + " of call " + call + " is closed after the crash");
    }));
}

void Gate::take_back() {
    std::size_t living = 0;
    for (const auto& [key, record] : std::map(journal_)) {
        const bool is_call = key.starts_with('c') && !is_in_setup(key, record);
        const bool lives = workers_[sbc::home_of_kept(key)->value]->b2bua.restore(key, record, world_.now());
        if (is_call && !lives) world_.broken("the call of record " + key + " does not live again");
        living += is_call && lives ? 1 : 0;
    }
    const auto views = calls();
    if (views.size() != living || std::ranges::any_of(views, [](const auto& call) { return call.state != "established"; }))
        world_.broken(std::to_string(living) + " calls taken back, " + std::to_string(views.size()) + " alive");
    taken_back_ += living;
}

}  // namespace sim
