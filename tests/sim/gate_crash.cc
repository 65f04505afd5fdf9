// The gate's death between two effects, and its next life: what had left has left, what the kernel was told it does,
// the journal is what had been written. Every record must live again, with what it needs open.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

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

}  // namespace

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
    ++lives_;       // what began while it was down counts for neither life
    records_.clear();   // a new life counts its calls anew
    b2bua_.reset();
    relay_.emplace();
    b2bua_.emplace(sbc::Environment{{}, 1, &entropy_, &*relay_}, policy_, world_.now());
    std::size_t calls = 0, living = 0;
    for (const auto& [key, record] : std::map(journal_)) {
        calls += key.starts_with('c');
        if (b2bua_->restore(key, record, world_.now())) living += key.starts_with('c');
        else if (key.starts_with('c')) world_.broken("the call of record " + key + " does not live again");
    }
    const auto views = b2bua_->calls();
    if (views.size() != living || std::ranges::any_of(views, [](const auto& call) { return call.state != "established"; }))
        world_.broken(std::to_string(calls) + " calls in the journal, " + std::to_string(views.size()) + " alive");
    carry_out();
    kernel_.close_forsaken([this, restored = locals_of(views)] {
        // A stream that has been offered since is none of these: its pinholes may still be on their way.
        for (const auto& [local, call] : locals_of(b2bua_->calls()))
            if (restored.contains(local) && !kernel_.is_open(local) && kernel_.is_reliable())
                world_.broken(local.to_string() + " of call " + call + " is closed after the crash");
    });
}

}  // namespace sim
