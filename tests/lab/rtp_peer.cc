// Many RTP ends in one process, for the laboratory: sends numbered packets on each flow at a steady rate and counts
// what comes back by sequence number and source. It takes its flows from standard input, one a line:
// LOCAL_ADDRESS LOCAL_PORT REMOTE_ADDRESS REMOTE_PORT; prints one JSON object. It knows no SIP.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/address.hh"
#include "base/number.hh"

namespace {

using Clock = std::chrono::steady_clock;

struct Flow {
    int socket = -1;
    sockaddr_storage remote{};
    socklen_t remote_size = 0;
    std::uint16_t sent = 0, expected = 0;
    std::uint64_t received = 0, gaps = 0, foreign = 0;
    Clock::time_point last{};                   // arrival
    Clock::duration longest{0};                 // between two arrivals
};

socklen_t to_sockaddr(const base::Address& address, std::uint16_t port, sockaddr_storage& out) {
    if (address.is_v4()) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(out);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(address.v4_host_order());
        return sizeof v4;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), address.bytes().size());
    return sizeof v6;
}

bool fail(const char* what) {
    std::perror(what);
    return false;
}

bool read_flow(const std::string& line, Flow& flow) {
    std::array<char, 64> local{}, remote{};
    unsigned local_port = 0, remote_port = 0;
    if (std::sscanf(line.c_str(), "%63s %u %63s %u", local.data(), &local_port, remote.data(), &remote_port) != 4)
        return false;
    const auto from = base::Address::parse(local.data());
    const auto to = base::Address::parse(remote.data());
    if (!from || !to) return false;
    sockaddr_storage bound{};
    const socklen_t size = to_sockaddr(*from, static_cast<std::uint16_t>(local_port), bound);
    flow.remote_size = to_sockaddr(*to, static_cast<std::uint16_t>(remote_port), flow.remote);
    flow.socket = ::socket(bound.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (flow.socket < 0) return fail("socket");
    const int buffer = 1 << 20;
    ::setsockopt(flow.socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    return ::bind(flow.socket, reinterpret_cast<sockaddr*>(&bound), size) == 0 || fail("bind");
}

void send_one(Flow& flow) {
    std::array<std::uint8_t, 172> packet{};
    packet[0] = 0x80;
    packet[2] = static_cast<std::uint8_t>(flow.sent >> 8);
    packet[3] = static_cast<std::uint8_t>(flow.sent);
    const std::uint32_t stamp = std::uint32_t{flow.sent} * 160;
    for (int i = 0; i < 4; ++i) packet[static_cast<std::size_t>(4 + i)] = static_cast<std::uint8_t>(stamp >> (24 - 8 * i));
    packet[11] = static_cast<std::uint8_t>(flow.socket);
    if (::sendto(flow.socket, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&flow.remote),
                 flow.remote_size) == static_cast<ssize_t>(packet.size()))
        ++flow.sent;
}

void receive_all(Flow& flow) {
    std::array<std::uint8_t, 2048> packet{};
    for (;;) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const ssize_t n = ::recvfrom(flow.socket, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (n < 0) return;
        const auto number = static_cast<std::uint16_t>(packet[2] << 8 | packet[3]);
        if (n != 172 || size != flow.remote_size || std::memcmp(&from, &flow.remote, 4) != 0) {
            ++flow.foreign;
            continue;
        }
        if (number != flow.expected) ++flow.gaps;
        const auto now = Clock::now();
        if (flow.received) flow.longest = std::max(flow.longest, now - flow.last);
        flow.last = now;
        flow.expected = static_cast<std::uint16_t>(number + 1);
        ++flow.received;
    }
}

void drain(int poll, std::vector<Flow>& flows, int milliseconds) {
    std::array<epoll_event, 64> events{};
    const int n = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < n; ++i) receive_all(flows[events[static_cast<std::size_t>(i)].data.u64]);
}

// Flow i sends its k-th packet at (k + i/n) intervals, so that the flows do not burst together.
void run(std::vector<Flow>& flows, int poll, unsigned packets, std::chrono::nanoseconds interval) {
    const auto start = Clock::now();
    const std::size_t total = flows.size() * packets;
    for (std::size_t next = 0; next < total;) {
        const auto due = start + interval * static_cast<long>(next) / static_cast<long>(flows.size());
        const auto now = Clock::now();
        if (now >= due) {
            send_one(flows[next % flows.size()]);
            ++next;
        } else {
            drain(poll, flows, 0);
            if (due - now > std::chrono::microseconds(200)) drain(poll, flows, 1);
        }
    }
    const auto end = Clock::now() + std::chrono::seconds(2);
    while (Clock::now() < end) drain(poll, flows, 50);
}

int report(const std::vector<Flow>& flows) {
    std::uint64_t sent = 0, received = 0, gaps = 0, foreign = 0, silent = 0;
    Clock::duration longest{0};
    for (const Flow& flow : flows) {
        sent += flow.sent;
        received += flow.received;
        gaps += flow.gaps;
        foreign += flow.foreign;
        silent += flow.received == 0;
        longest = std::max(longest, flow.longest);
    }
    std::printf("{\"flows\": %zu, \"sent\": %llu, \"received\": %llu, \"gaps\": %llu, \"foreign\": %llu, \"silent\": %llu, \"pause_ms\": %lld}\n",
                flows.size(), static_cast<unsigned long long>(sent), static_cast<unsigned long long>(received),
                static_cast<unsigned long long>(gaps), static_cast<unsigned long long>(foreign),
                static_cast<unsigned long long>(silent),
                static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(longest).count()));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto seconds = argc == 4 ? base::to_number<unsigned>(argv[1]) : std::nullopt;
    const auto rate = argc == 4 ? base::to_number<unsigned>(argv[2]) : std::nullopt;
    const auto start = argc == 4 ? base::to_number<unsigned>(argv[3]) : std::nullopt;
    if (!seconds || !rate || *rate == 0 || !start) {
        std::fprintf(stderr, "usage: rtp_peer SECONDS PACKETS_A_SECOND START < flows   (START: seconds since 1970)\n");
        return 2;
    }
    std::vector<Flow> flows;
    const int poll = ::epoll_create1(0);
    for (std::string line; std::getline(std::cin, line);) {
        Flow flow;
        if (!read_flow(line, flow)) return 1;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = flows.size();
        ::epoll_ctl(poll, EPOLL_CTL_ADD, flow.socket, &event);
        flows.push_back(flow);
    }
    std::this_thread::sleep_until(std::chrono::system_clock::time_point(std::chrono::seconds(*start)));
    run(flows, poll, *seconds * *rate, std::chrono::nanoseconds(1'000'000'000 / *rate));
    return report(flows);
}
