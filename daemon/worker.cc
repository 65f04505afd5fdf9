#include "daemon/worker.hh"

#include <pthread.h>

#include <algorithm>
#include <cassert>

#include "base/log.hh"
#include "daemon/clock.hh"
#include "daemon/json_records.hh"

namespace sallyportd {
namespace {

// A failed send is an input, which may bring effects, which may fail: more than this in one turn waits for the next.
constexpr int kRounds = 8;
constexpr base::Duration kLongestWait{std::chrono::seconds(1)};
constexpr base::Duration kRetry{std::chrono::milliseconds(1)};

}  // namespace

Worker::Worker(const WorkerPosition& position, policy::SnapshotPtr policy, std::vector<OpenListener> listeners,
               std::function<void()> on_warden_gone)
    : position_(position), on_warden_gone_(std::move(on_warden_gone)), policy_(policy),
      b2bua_({position.id, position.workers, &entropy_, &relay_, position.key, wall_ahead()}, policy, monotonic_now()),
      signalling_(loop_, position.id, policy,
                  {[this](std::string_view bytes, const base::Flow& flow) { on_arrived(bytes, flow); },
                   [this](base::Reason reason, std::string_view bytes, const base::Flow& flow) {
                       on_broken(reason, bytes, flow);
                   },
                   [this](const base::Flow& flow) { on_failed(flow); },
                   [this](std::string_view beginning, const base::Flow& flow) { on_returned(beginning, flow); }},
                  [this] { return now(); }),
      relay_socket_(position.relay), records_(policy->records.file), link_(position.link) {
    signalling_.take_over(policy, std::move(listeners));
    watch_media();
}

Worker::~Worker() { stop(); }

void Worker::start(std::vector<Worker*> all, Journal::Records records) {
    all_ = std::move(all);
    journalled_ = std::move(records);
    thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    loop_.post([] {});
    thread_.join();
}

void Worker::post(std::function<void(Worker&)> task) {
    loop_.post([this, task = std::move(task)] { task(*this); });
}

void Worker::run() {
    ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(position_.id.value)).c_str());
    const base::log::Gathering gathering;
    take_back();
    base::Duration longest{0};
    while (!stopping_) {
        loop_.turn(longest);
        end_turn();
        longest = patience();
        now_.reset();
    }
    // What the last commands asked for still leaves.
    end_turn();
}

// Calls first, then what of the wall is theirs, then the rest of the world.
void Worker::take_back() {
    for (const auto& [key, record] : std::exchange(journalled_, {})) b2bua_.restore(key, record, now());
    end_turn();
    link_.claimed();
    flush_link();
    now_.reset();
}

base::Time Worker::now() {
    if (!now_) now_ = monotonic_now();
    return *now_;
}

void Worker::end_turn() {
    const base::Time now = this->now();
    end_rests();
    if (now >= b2bua_.next_deadline()) b2bua_.advance(now);
    signalling_.advance(now);
    unsent_ = false;
    for (int round = 0; round < kRounds; ++round) {
        settle_media();
        const auto effects = b2bua_.take_effects();
        if (effects.empty() && round > 0) break;
        carry_out(effects, *this);
        flush_link();
        write_records();
        if (!signalling_.flush()) unsent_ = true;
    }
    relay_socket_.flush();
    base::log::flush();
    position_.journal->write(written_);
    read_resting_ = false;
}

// How long the next turn may wait for something to happen.
base::Duration Worker::patience() {
    if (unsent_) return kRetry;
    base::Time deadline = std::min(b2bua_.next_deadline(), signalling_.next_deadline());
    for (const auto& door : media_doors_) deadline = std::min(deadline, door->rests_until);
    if (deadline == base::kNever) return kLongestWait;
    return std::clamp(deadline - now(), base::Duration{0}, kLongestWait);
}

void Worker::to_everybody(const std::function<void(Worker&)>& task) {
    for (Worker* worker : all_)
        if (worker != this) worker->post(task);
}

void Worker::take_over(policy::SnapshotPtr policy, std::vector<OpenListener> opened) {
    policy_ = policy;
    signalling_.take_over(policy, std::move(opened));
    records_.move_to(policy->records.file);
    b2bua_.on_policy(std::move(policy), now());
}

void Worker::write_record(const sbc::CallRecord& record) { record_lines_ += line_of(record, policy_->node.name); }

// Before a call's last message leaves, its record stands in the file.
void Worker::write_records() {
    records_.append(record_lines_);
    record_lines_.clear();
}

Counters Worker::counters() const {
    Counters counters = counters_;
    counters.media_send_failures = relay_socket_.send_failures();
    counters.connections = signalling_.connections();
    counters.connections_refused = signalling_.connections_refused();
    counters.datagrams_lost = signalling_.datagrams_lost();
    counters.records_lost = records_.lost();
    for (std::size_t i = 0; i < counters.refused.size(); ++i) counters.refused[i] += b2bua_.refusals()[i];
    for (std::size_t i = 0; i < counters.media_dropped.size(); ++i)
        counters.media_dropped[i] = relay_.dropped(static_cast<base::Reason>(i));
    return counters;
}

}  // namespace sallyportd
