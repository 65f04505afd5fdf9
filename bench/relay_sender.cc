// Sends RTP on many flows at a steady rate, in bursts of 16 as a network card delivers them, from any port of its host.
// Run by bench/relay in the outside namespace. What the kernel does with a packet in the sender's context (over veth
// that is the far host's receiving, too) is in the CPU time that it prints.
//
// Usage: relay_sender RATE SECONDS < flows     each line: FROM TO
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/number.hh"
#include "media/relay_socket.hh"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayload = 160;           // G.711, 20 ms; 172 bytes with RTP's header
constexpr std::size_t kBurst = 16;

double cpu_ns() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Flow {
    media::Forward way;
    std::uint16_t sequence = 0;
};

std::vector<Flow> read_flows() {
    std::vector<Flow> flows;
    std::string from, to;
    while (std::cin >> from >> to)
        flows.push_back({{base::Endpoint::parse(from).value(), base::Endpoint::parse(to).value()}});
    return flows;
}

// The next packet of a flow, in place.
void write_packet(std::vector<std::uint8_t>& packet, Flow& flow, std::size_t number) {
    const std::uint32_t stamp = flow.sequence * 160U;
    packet[2] = static_cast<std::uint8_t>(flow.sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(flow.sequence);
    for (std::size_t i = 0; i < 4; ++i) {
        packet[4 + i] = static_cast<std::uint8_t>(stamp >> (24 - 8 * i));
        packet[8 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
    ++flow.sequence;
}

int run(double rate, double seconds) {
    auto flows = read_flows();
    if (flows.empty()) return 2;
    media::RelaySocket socket(media::open_relay_descriptors(1 << 20));
    std::vector<std::uint8_t> packet(12 + kPayload, 0xd5);
    packet[0] = 0x80;
    packet[1] = 0;
    const std::chrono::duration<double> period(kBurst / rate);
    const auto bursts = static_cast<std::uint64_t>(seconds / period.count());
    const auto start = Clock::now();
    double cpu = 0;
    std::size_t next = 0;
    for (std::uint64_t burst = 0; burst < bursts; ++burst) {
        std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(period * burst));
        const double before = cpu_ns();  // of the burst alone: how often we sleep depends on the machine's other work
        for (std::size_t i = 0; i < kBurst; ++i) {
            write_packet(packet, flows[next], next);
            socket.send(flows[next].way, packet);
            next = (next + 1) % flows.size();
        }
        socket.flush();
        cpu += cpu_ns() - before;
    }
    std::printf("{\"sent\": %llu, \"failures\": %llu, \"cpu_ns\": %.0f, \"seconds\": %.3f}\n",
                static_cast<unsigned long long>(bursts * kBurst), static_cast<unsigned long long>(socket.send_failures()),
                cpu, std::chrono::duration<double>(Clock::now() - start).count());
    return 0;
}

}  // namespace

int main(int count, char** words) {
    const auto rate = count == 3 ? base::to_number<std::uint32_t>(words[1]) : std::nullopt;
    const auto seconds = count == 3 ? base::to_number<std::uint32_t>(words[2]) : std::nullopt;
    if (!rate || !seconds) {
        std::fputs("usage: relay_sender RATE SECONDS < flows\n", stderr);
        return 2;
    }
    try {
        return run(*rate, *seconds);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "relay_sender: %s\n", e.what());
        return 1;
    }
}
