// What pinholes cost: elements a second into the kernel in batches of several sizes, a call's pinholes (opened, narrowed,
// closed) through the warden and back, several calls in one turn of the loop as a busy worker has them, and the same
// through libnftables, as text. Run by bench/pinholes; in a network namespace of its own; needs root. Prints
// one JSON object.
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/warden.hh"
#include "daemon/warden_link.hh"
#include "nft/netlink_script.hh"
#include "nft/table_keeper.hh"

namespace {

using namespace std::chrono_literals;
using nft::Change;
using nft::Width;
using sallyportd::WardenLink;

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds(int who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

nft::TableSpec spec() {
    nft::TableSpec s;
    s.media = {{*base::Address::parse("198.51.100.1"), {10000, 49999}, 6001}};
    return s;
}

Change change(Change::Kind kind, std::uint32_t number, Width width) {
    Change c{kind, {}};
    c.pinhole.width = width;
    c.pinhole.local = {*base::Address::parse("198.51.100.1"), static_cast<std::uint16_t>(10000 + number % 40000)};
    if (width != Width::zone) c.pinhole.remote.address = base::Address::v4(0xcb007100 + number / 40000);
    if (width == Width::exact) c.pinhole.remote.port = 4000;
    c.pinhole.call = base::CallNumber{number};
    return c;
}

// Elements a second of CPU, opened and closed, `batch` to a transaction.
struct Rates {
    double opened, closed;
};
Rates rates_of(nft::TableKeeper& keeper, std::uint32_t batch) {
    constexpr std::uint32_t kElements = 40000;
    const auto pass = [&](Change::Kind kind) {
        std::vector<std::vector<Change>> request(1);
        const double start = cpu_seconds(RUSAGE_SELF);
        for (std::uint32_t i = 0; i < kElements;) {
            request[0].clear();
            for (std::uint32_t k = 0; k < batch && i < kElements; ++k) request[0].push_back(change(kind, i++, Width::exact));
            if (keeper.commit(request, base::Time{})[0]) std::fprintf(stderr, "refused\n");
        }
        return kElements / (cpu_seconds(RUSAGE_SELF) - start);
    };
    const double opened = pass(Change::Kind::open);
    return {opened, pass(Change::Kind::close)};
}

// RTP and RTCP on two sides. The offer names the caller's source, unless a NAT stands before it; the callee's is open to
// its zone until the answer names it.
struct CallShape {
    const char* name;
    Width caller;               // until its source is known
};
constexpr CallShape kShapes[] = {{"calls", Width::exact}, {"calls_behind_nat", Width::address}};

std::vector<Change> step_of_call(const CallShape& shape, int step, std::uint32_t call) {
    std::vector<Change> changes;
    for (std::uint32_t i = 0; i < 4; ++i) {
        const auto port = call * 4 + i;
        const Width first = i < 2 ? shape.caller : Width::zone;
        if (step == 0) changes.push_back(change(Change::Kind::open, port, first));
        if (step == 1 && first != Width::exact) {
            changes.push_back(change(Change::Kind::close, port, first));
            changes.push_back(change(Change::Kind::open, port, Width::exact));
        }
        if (step == 2) changes.push_back(change(Change::Kind::close, port, Width::exact));
    }
    return changes;
}

void await(WardenLink& link, std::size_t answers) {
    while (answers > 0) {
        pollfd watched{link.fd(), POLLIN, 0};
        poll(&watched, 1, 1000);
        const auto input = link.on_readable();
        for (const auto& answer : input.answers)
            if (answer.refused) std::fprintf(stderr, "refused\n");
        answers -= std::min(answers, input.answers.size());
        if (input.closed) return;
    }
}

struct CallCost {
    double round_trip_us, engine_us;    // of one step; CPU of the engine for one call
};
CallCost cost_of_calls(WardenLink& link, const CallShape& shape, std::uint32_t at_once) {
    constexpr std::uint32_t kCalls = 6000;
    std::vector<double> trips;
    const double cpu = cpu_seconds(RUSAGE_SELF);
    for (std::uint32_t done = 0; done < kCalls; done += at_once) {
        for (int step = 0; step < 3; ++step) {
            const double start = seconds();
            for (std::uint32_t c = 0; c < at_once; ++c) link.submit(c + 1, step_of_call(shape, step, c));
            link.flush();
            await(link, at_once);
            trips.push_back((seconds() - start) * 1e6);
        }
    }
    return {median(trips), (cpu_seconds(RUSAGE_SELF) - cpu) * 1e6 / kCalls};
}

// The same steps as text, without a warden between: µs of CPU a call.
double cost_through_libnftables() {
    constexpr std::uint32_t kTextCalls = 300;
    nft::TableKeeper keeper(spec(), base::Time{});
    const auto line = [](const Change& c) {
        static constexpr const char* kSets[] = {"exact4", "address4", "zone4"};
        const auto& p = c.pinhole;
        std::string key = "udp . " + p.local.address.to_string() + " . " + std::to_string(p.local.port);
        if (p.width != Width::zone) key += " . " + p.remote.address.to_string();
        if (p.width == Width::exact) key += " . " + std::to_string(p.remote.port);
        return std::string(c.kind == Change::Kind::open ? "add" : "delete") + " element inet sallyport " +
               kSets[static_cast<int>(p.width)] + " { " + key + (c.kind == Change::Kind::open ? " timeout 60s" : "") + " }\n";
    };
    const double start = cpu_seconds(RUSAGE_SELF);
    for (std::uint32_t call = 0; call < kTextCalls; ++call) {
        for (int step = 0; step < 3; ++step) {
            std::string text;
            for (const auto& c : step_of_call(kShapes[0], step, call)) text += line(c);
            if (const auto error = nft::run_script(text)) std::fprintf(stderr, "refused: %s\n", error->c_str());
        }
    }
    const double us = (cpu_seconds(RUSAGE_SELF) - start) * 1e6 / kTextCalls;
    keeper.remove_table();
    return us;
}

void report_calls(const CallShape& shape) {
    std::printf("\"%s\": {", shape.name);
    for (const std::uint32_t at_once : {1U, 8U, 32U}) {
        int pipe_ends[2];
        if (pipe(pipe_ends) != 0) return;
        sallyportd::WardenSettings settings;
        settings.table = spec();
        settings.engine = [&](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            const CallCost cost = cost_of_calls(link, shape, at_once);
            return write(pipe_ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1;
        };
        const double before = cpu_seconds(RUSAGE_CHILDREN);
        std::fflush(stdout);
        const pid_t warden = fork();
        if (warden == 0) _exit(sallyportd::Warden(settings).run());
        waitpid(warden, nullptr, 0);
        const double both = (cpu_seconds(RUSAGE_CHILDREN) - before) * 1e6 / 6000;
        CallCost cost{};
        if (read(pipe_ends[0], &cost, sizeof cost) != sizeof cost) return;
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        std::printf("%s\"%u\": {\"answer_after_us\": %.1f, \"engine_us\": %.1f, \"warden_us\": %.1f}",
                    at_once == 1 ? "" : ", ", at_once, cost.round_trip_us, cost.engine_us, both - cost.engine_us);
    }
    std::printf("}");
}

void report_elements() {
    std::printf("\"elements\": {");
    nft::TableKeeper keeper(spec(), base::Time{});
    for (const std::uint32_t batch : {1U, 4U, 16U, 100U}) {
        const auto rates = rates_of(keeper, batch);
        std::printf("%s\"%u\": {\"opened_s\": %.0f, \"closed_s\": %.0f}", batch == 1 ? "" : ", ", batch, rates.opened,
                    rates.closed);
    }
    std::printf("}");
    keeper.remove_table();
}

}  // namespace

int main() {
    if (unshare(CLONE_NEWNET) != 0) {
        std::fprintf(stderr, "bench/pinholes: a network namespace needs root\n");
        return 1;
    }
    std::printf("{");
    report_elements();
    std::printf(", ");
    for (const auto& shape : kShapes) {
        report_calls(shape);
        std::printf(", ");
    }
    std::printf("\"libnftables_us\": %.1f}\n", cost_through_libnftables());
    return 0;
}
