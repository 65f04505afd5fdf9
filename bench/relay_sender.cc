// Sends RTP on many flows at a steady rate, in bursts of 16 as a network card delivers them, from any port of its host.
// Run by bench/relay in the outside namespace. What the kernel does with a packet in the sender's context (over veth
// that is the far host's receiving, too) is in the CPU time that it prints. UDP checksums are 0: with real cards the
// hardware has checked them.
//
// Usage: relay_sender RATE SECONDS < flows     each line: FROM TO (IPv4)
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/number.hh"
#include "media/relay_datagram.hh"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRtp = 12 + 160;          // G.711, 20 ms
constexpr std::size_t kBurst = 16;

double cpu_ns() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// A flow's packet, ready but for what counts up.
struct Flow {
    std::array<std::uint8_t, media::kIpv4Headers + kRtp> packet{};
    sockaddr_in to{};
    std::uint16_t sequence = 0;

    Flow(const base::Endpoint& from, const base::Endpoint& destination, std::uint8_t source) {
        std::uint8_t* const rtp = packet.data() + media::kIpv4Headers;
        rtp[0] = 0x80;
        rtp[11] = source;
        media::write_headers(packet.data(), from, destination, {rtp, kRtp});
        packet[4] = packet[5] = 1;                          // an identification: the kernel need not choose one
        packet[26] = packet[27] = 0;
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(destination.address.v4_host_order());
    }

    void count_up() {
        ++sequence;
        const std::uint32_t stamp = sequence * 160U;
        std::uint8_t* const rtp = packet.data() + media::kIpv4Headers;
        rtp[2] = static_cast<std::uint8_t>(sequence >> 8);
        rtp[3] = static_cast<std::uint8_t>(sequence);
        for (std::size_t i = 0; i < 4; ++i) rtp[4 + i] = static_cast<std::uint8_t>(stamp >> (24 - 8 * i));
    }
};

std::vector<Flow> read_flows() {
    std::vector<Flow> flows;
    std::string from, to;
    while (std::cin >> from >> to)
        flows.emplace_back(base::Endpoint::parse(from).value(), base::Endpoint::parse(to).value(),
                           static_cast<std::uint8_t>(flows.size()));
    return flows;
}

// How many the kernel did not take.
std::size_t send_burst(int socket, std::vector<Flow>& flows, std::size_t& next) {
    std::array<mmsghdr, kBurst> messages{};
    std::array<iovec, kBurst> vectors;
    for (std::size_t i = 0; i < kBurst; ++i) {
        Flow& flow = flows[next];
        next = (next + 1) % flows.size();
        flow.count_up();
        vectors[i] = {flow.packet.data(), flow.packet.size()};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &flow.to;
        messages[i].msg_hdr.msg_namelen = sizeof flow.to;
    }
    const int gone = sendmmsg(socket, messages.data(), kBurst, 0);
    return kBurst - static_cast<std::size_t>(std::max(gone, 0));
}

int run(double rate, double seconds) {
    auto flows = read_flows();
    const int socket = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (socket < 0) throw std::system_error(errno, std::system_category(), "raw socket");
    if (flows.empty()) throw std::runtime_error("no flows");
    const std::chrono::duration<double> period(kBurst / rate);
    const auto bursts = static_cast<std::uint64_t>(seconds / period.count());
    const auto start = Clock::now();
    double cpu = 0;
    std::size_t next = 0, failures = 0;
    for (std::uint64_t burst = 0; burst < bursts; ++burst) {
        std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(period * burst));
        const double before = cpu_ns();  // of the burst alone: how often we sleep depends on the machine's other work
        failures += send_burst(socket, flows, next);
        cpu += cpu_ns() - before;
    }
    std::printf("{\"sent\": %llu, \"failures\": %zu, \"cpu_ns\": %.0f, \"seconds\": %.3f}\n",
                static_cast<unsigned long long>(bursts * kBurst), failures, cpu,
                std::chrono::duration<double>(Clock::now() - start).count());
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
