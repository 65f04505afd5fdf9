#include "daemon/engine.hh"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/log.hh"
#include "daemon/clock.hh"
#include "daemon/commands.hh"
#include "daemon/preflight.hh"
#include "daemon/privilege.hh"
#include "daemon/warden.hh"
#include "policy/loader.hh"
#include "sip/nonces.hh"

namespace sallyportd {
namespace {

using namespace std::chrono_literals;

// From SIGTERM, how long calls have to end before the engine ends without them.
constexpr base::Duration kFarewell = 5s;
constexpr base::Duration kTick = 200ms;

net::Descriptor watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);   // the workers inherit it
    std::signal(SIGPIPE, SIG_IGN);
    return net::Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

Engine::Engine(EngineSettings settings)
    : settings_(std::move(settings)), policy_(settings_.policy), started_(monotonic_now()), policy_since_(started_),
      link_(settings_.links.back()) {
    for (const auto& relay : settings_.relays) steer_ports_.push_back(relay.steer_port);
}

Engine::~Engine() {
    for (const auto& worker : workers_) worker->stop();
}

int Engine::run() {
    signals_ = watched_signals();
    if (!open_doors()) return 1;
    const std::string folder = journal_folder(policy_->node);
    const bool is_there = ::chdir(folder.c_str()) == 0;   // what stands above it may be closed to the engine's user
    const std::string user = drop_to(policy_->node.user);
    if (!open_journal(is_there ? "." : folder)) return 1;
    start_workers();
    serve();
    enter_seccomp();
    link_.ready();
    link_.flush();
    base::log::info("engine_ready", base::log::Fields("user", user)("workers", std::to_string(workers_.size()))(
                                        "listeners", std::to_string(doors_.size()))("policy", policy_->hash));
    while (!status_) {
        loop_.turn(kTick);
        every_second(monotonic_now());
        link_.flush();
    }
    for (const auto& worker : workers_) worker->stop();
    link_.flush();
    if (kill_calls_at_ != base::kNever) journal_->clear();   // told to end, not to come back
    base::log::info("engine_stopped", base::log::Fields("status", std::to_string(*status_)));
    return *status_;
}

bool Engine::open_doors() {
    std::vector<std::string> complaints;
    opened_ = open_missing(*policy_, {}, static_cast<unsigned>(settings_.relays.size()), complaints);
    for (const auto& complaint : complaints) std::fprintf(stderr, "%s\n", complaint.c_str());
    for (const auto& listener : opened_.front()) doors_.push_back(listener.spec);
    return complaints.empty();
}

bool Engine::open_journal(const std::string& folder) {
    try {
        journal_ = std::make_unique<Journal>(folder, journal_folder(policy_->node));
        return true;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sallyportd: error: %s\n", error.what());
        return false;
    }
}

// What belongs to a worker that there is no more goes to the first, which says why it is dropped.
std::vector<Journal::Records> Engine::journal_by_worker() {
    std::vector<Journal::Records> records(settings_.relays.size());
    for (auto& record : journal_->read()) {
        const auto home = sbc::home_of_kept(record.first);
        records[home && home->value < records.size() ? home->value : 0].push_back(std::move(record));
    }
    return records;
}

void Engine::start_workers() {
    const auto count = static_cast<unsigned>(settings_.relays.size());
    base::SystemEntropy entropy;
    const auto key = sip::make_key(entropy);
    std::vector<Worker*> all;
    for (unsigned i = 0; i < count; ++i) {
        const WorkerPosition position{base::WorkerId{static_cast<std::uint8_t>(i)}, count, settings_.relays[i],
                                      settings_.links[i], key, journal_.get()};
        workers_.push_back(std::make_unique<Worker>(position, policy_, std::move(opened_[i]), [this] {
            loop_.post([this] { finish(1); });
        }));
        all.push_back(workers_.back().get());
    }
    auto records = journal_by_worker();
    journal_->start();
    for (unsigned i = 0; i < count; ++i) workers_[i]->start(all, std::move(records[i]));
}

void Engine::serve() {
    signal_watch_ = std::make_unique<net::Watch>(loop_, signals_.number(), [this] { on_signal(); });
    link_watch_ = std::make_unique<net::Watch>(loop_, link_.fd(), [this] { on_link(); });
    locations_ = std::make_unique<PeerLocations>(loop_, [this](base::PeerId peer, const std::vector<sip::Server>& servers) {
        for (const auto& worker : workers_)
            worker->post([peer, servers](Worker& w) { w.b2bua().on_located(peer, servers, w.now()); });
    });
    control_ = std::make_unique<ControlServer>(
        loop_, net::Descriptor(settings_.control),
        [this](std::string_view line, ControlServer::Answer answer) { execute(*this, line, std::move(answer)); });
    second_ = monotonic_now();
    // A worker answers once it has taken its calls back.
    gather<bool>(workers_, loop_, [](Worker&) { return true; }, [this](const auto&) { journal_->settled(); });
    locations_->take_over(policy_, second_);
}

void Engine::on_signal() {
    signalfd_siginfo info;
    if (::read(signals_.number(), &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) shut_down();
    if (info.ssi_signo == SIGUSR2) begin_anew();
    if (info.ssi_signo == SIGUSR1) {
        base::log::reopen();
        reopen_records();
    }
    if (info.ssi_signo == SIGHUP) reload([](const std::string&) {});
}

void Engine::on_link() {
    WardenInput input = link_.on_readable();
    dumped_.insert(dumped_.end(), input.pinholes.begin(), input.pinholes.end());
    for (const auto token : input.dumps_done) {
        const auto asked = dumps_.extract(token);
        if (asked) asked.mapped()(std::move(dumped_));
        dumped_.clear();
    }
    for (const auto& answer : input.answers)
        if (const auto waiting = awaited_.extract(answer.token)) waiting.mapped()(answer.refused);
    if (input.closed) finish(1);
}

void Engine::dump_pinholes(std::function<void(std::vector<nft::PinholeStatus>)> done) {
    // One at a time in the kernel's order: dumps are answered in the order in which they were asked.
    link_.request_dump(++last_token_);
    dumps_[last_token_] = std::move(done);
    link_.flush();
}

void Engine::drain(bool on) {
    draining_ = on;
    base::log::info(on ? "drain_on" : "drain_off", "");
    for (const auto& worker : workers_) worker->post([on](Worker& w) { w.b2bua().drain(on); });
}

bool Engine::drain(const std::string& peer, bool on) {
    const bool known = std::ranges::find(policy_->peers, peer, &policy::Peer::name) != policy_->peers.end();
    if (!known && on) return false;
    base::log::info(on ? "peer_drain_on" : "peer_drain_off", base::log::Fields("peer", peer));
    for (const auto& worker : workers_) worker->post([peer, on](Worker& w) { w.b2bua().drain(peer, on); });
    return known;
}

void Engine::shut_down() {
    if (kill_calls_at_ != base::kNever) {   // asked twice
        finish(0);
        return;
    }
    kill_calls_at_ = monotonic_now() + kFarewell;
    drain(true);
    for (const auto& worker : workers_) worker->post([](Worker& w) {
            w.b2bua().hang_up_all(w.now());
            w.b2bua().leave_carriers(w.now());
        });
    look_whether_drained();
}

// The next engine takes the calls back, so it must be able to start.
void Engine::begin_anew() {
    if (kill_calls_at_ != base::kNever) return;   // it is told to end already
    const policy::Loaded loaded = policy::load(settings_.file, {});
    for (const auto& complaint : loaded.complaints)
        if (complaint.is_error) base::log::error("policy", base::log::Fields("says", complaint.to_string()));
    if (loaded.snapshot) finish(kBeginAnew);
    else base::log::error("new_life_refused", base::log::Fields("file", settings_.file));
}

void Engine::look_whether_drained() {
    gather<sbc::Totals>(
        workers_, loop_, [](Worker& worker) { return worker.b2bua().totals(); },
        [this](const std::vector<sbc::Totals>& totals) {
            std::uint64_t calls = 0;
            for (const auto& total : totals) calls += total.calls + total.carriers;
            if (calls == 0) finish(0);
        });
}

void Engine::every_second(base::Time now) {
    control_->advance(now);
    locations_->advance(now);
    if (kill_calls_at_ != base::kNever) {
        if (now >= kill_calls_at_) finish(0);
        else look_whether_drained();
    }
    if (now - second_ < 1s) return;
    second_ = now;
    sample_calls();
    if (const auto& records = policy_->records; rotate_records(records.file, records.rotate, records.keep)) reopen_records();
}

// Calls that began in the last second, smoothed over some ten.
void Engine::sample_calls() {
    gather<std::uint64_t>(
        workers_, loop_, [](Worker& worker) { return worker.b2bua().totals().calls_total; },
        [this](const std::vector<std::uint64_t>& totals) {
            std::uint64_t seen = 0;
            for (const auto total : totals) seen += total;
            calls_per_second_ += (static_cast<double>(seen - calls_seen_) - calls_per_second_) / 4;
            if (calls_per_second_ < 0.01) calls_per_second_ = 0;
            calls_seen_ = seen;
        });
}

void Engine::reopen_records() {
    for (const auto& worker : workers_) worker->post([](Worker& w) { w.reopen_records(); });
}

void Engine::finish(int status) {
    if (!status_) status_ = status;
}

}  // namespace sallyportd
