#include "daemon/warden.hh"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <system_error>

#include "base/log.hh"
#include "daemon/warden_child.hh"
#include "daemon/warden_desk.hh"
#include "nft/table_keeper.hh"

namespace sallyportd {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kFirstBackOff = 10ms;
constexpr base::Duration kLongestBackOff = 5s;
constexpr base::Duration kAdoption = 30s;   // for an engine that claims what another left
constexpr base::Duration kSteady = 1s;      // an engine that lived this long is no loop of restarts

base::Time clock_now() {
    return base::Time(
        std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// A millisecond more than needed, rather than a turn for nothing.
int milliseconds_until(base::Time then, base::Time now) {
    if (then <= now) return 0;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(then - now).count() + 1;
    return static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
}

}  // namespace

struct Warden::Loop {
    explicit Loop(WardenSettings given)
        : settings(std::move(given)), keeper(std::in_place, settings.table, clock_now()) {}

    int run();
    void start_engine();
    void take_signal(int signal);
    void stop(int signal);
    void on_engine_end(const ChildEnd& end);
    void close_forsaken();
    void turn(std::vector<pollfd>& watched);

    WardenSettings settings;
    std::optional<nft::TableKeeper> keeper;
    WardenSignals signals;
    WardenChild child;
    std::optional<WardenDesk> desk;

    base::Time now{}, started{};
    base::Time restart_at = base::kNever, kill_at = base::kNever, close_at = base::kNever;
    base::Duration back_off = kFirstBackOff;
    bool ready_told = false, ever_ready = false, stopping = false, new_life = false;
    std::optional<int> exit_status;
};

void Warden::Loop::start_engine() {
    restart_at = base::kNever;
    started = now;
    ready_told = false;
    const auto prepare = [this] {
        signals.release_in_child();
        keeper.reset();     // closes its sockets; the table stays
    };
    try {
        child.start(settings.links, prepare, settings.engine);
        desk.emplace(*keeper, child.take_sockets());
    } catch (const std::system_error& error) {      // too many processes, no memory: it may pass
        base::log::error("engine_not_started", "cause=\"" + std::string(error.what()) + "\"");
        restart_at = now + kLongestBackOff;
    }
}

void Warden::Loop::stop(int signal) {
    if (stopping) child.send(SIGKILL);      // asked twice
    else child.send(signal);
    if (!stopping) kill_at = now + settings.drain_limit;
    stopping = true;
    if (!child.running()) exit_status = 0;
}

void Warden::Loop::take_signal(int signal) {
    if (signal == SIGTERM || signal == SIGINT) stop(SIGTERM);
    if (signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2) child.send(signal);
    if (signal == SIGCHLD)
        if (const auto end = child.reap(); end.ended) on_engine_end(end);
}

void Warden::Loop::close_forsaken() {
    close_at = base::kNever;
    if (const auto closed = keeper->close_forsaken(now))
        base::log::info("pinholes_closed", "count=" + std::to_string(closed) + " cause=\"no call claims them\"");
}

void Warden::Loop::on_engine_end(const ChildEnd& end) {
    if (desk) ever_ready = ever_ready || desk->engine_is_ready();
    desk.reset();
    keeper->forsake();
    close_at = now + kAdoption;
    new_life = !stopping && end.exit_status == kBeginAnew;
    if (stopping || new_life || end.exit_status == 0) {
        exit_status = 0;
        return;
    }
    const std::string fields = "status=" + std::to_string(end.exit_status);
    if (!ever_ready && !end.by_signal) {
        base::log::error("engine_failed_to_start", fields);
        exit_status = end.exit_status;
        return;
    }
    if (now - started >= kSteady) back_off = kFirstBackOff;
    restart_at = now + back_off;
    base::log::error("engine_died", fields + " restart_ms=" + std::to_string(back_off.count() / 1000));
    back_off = std::min(back_off * 2, kLongestBackOff);
}

void Warden::Loop::turn(std::vector<pollfd>& watched) {
    const auto next = std::min({keeper->deadline(), restart_at, kill_at, close_at});
    watched.assign({{signals.fd(), POLLIN, 0}, {keeper->event_fd(), POLLIN, 0}});
    if (desk) desk->add_to(watched);
    poll(watched.data(), watched.size(), milliseconds_until(next, now));
    now = clock_now();
    if (watched[1].revents != 0 || now >= keeper->deadline()) keeper->work(now);
    if (desk) desk->serve(std::span(watched).subspan(2), now);
    if (now >= close_at || (close_at != base::kNever && desk && desk->all_claimed())) close_forsaken();
    if (desk && desk->engine_is_ready() && !ready_told) {
        ready_told = ever_ready = true;
        if (settings.on_ready) settings.on_ready();
    }
    if (watched[0].revents != 0)
        while (const int signal = signals.next()) take_signal(signal);
}

int Warden::Loop::run() {
    std::vector<pollfd> watched;
    now = clock_now();
    close_at = now + kAdoption;
    start_engine();
    while (!exit_status) {
        turn(watched);
        if (now >= kill_at) {
            base::log::warning("drain_limit_reached", "pid=" + std::to_string(child.pid()));
            kill_at = base::kNever;
            child.send(SIGKILL);
        }
        if (now >= restart_at) start_engine();
    }
    if (!new_life) keeper->remove_table();
    return *exit_status;
}

Warden::Warden(WardenSettings settings) : loop_(std::make_unique<Loop>(std::move(settings))) {}
Warden::~Warden() = default;
int Warden::run() { return loop_->run(); }
bool Warden::wants_new_life() const { return loop_->new_life; }

}  // namespace sallyportd
