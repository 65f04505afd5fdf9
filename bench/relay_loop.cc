// The user space relay alone: our table with one exact pinhole a flow, the relay and its door, and a loop that waits as
// media/relay_pause says; no signalling beside it. Run by bench/relay in the gate's namespace; says "ready", relays until
// SIGTERM, then prints what it did.
//
// Usage: relay_loop FLOWS FAR OUR OUR2 FAR2    flow i: FAR's port + 2i sends to OUR's, and goes on from OUR2's to FAR2's
#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>

#include "base/number.hh"
#include "media/relay_pause.hh"
#include "media/relay_socket.hh"
#include "nft/table_keeper.hh"

namespace {

using base::Endpoint;

base::Time now() {
    return base::Time(
        std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Endpoint shifted(const char* first, int by) {
    auto endpoint = Endpoint::parse(first).value();
    endpoint.port = static_cast<std::uint16_t>(endpoint.port + by);
    return endpoint;
}

media::End end_of(const char* ours, const char* far, int flow) {
    media::End end;
    end.rtp_local = shifted(ours, 2 * flow);
    end.rtcp_local = shifted(ours, 2 * flow + 1);
    end.rtp_remote = shifted(far, 2 * flow);
    end.rtcp_remote = shifted(far, 2 * flow + 1);
    return end;
}

nft::Change pinhole_of(const media::End& end, int flow) {
    nft::Change change;
    change.pinhole.local = end.rtp_local;
    change.pinhole.remote = *end.rtp_remote;
    change.pinhole.call = base::CallNumber{static_cast<std::uint64_t>(flow)};
    return change;
}

// True when it is time to end; waits no longer than `pause`, and for ever when there is none.
bool wait(std::span<pollfd> readable, base::Duration pause) {
    const timespec limit{0, static_cast<long>(pause.count()) * 1000};
    return ppoll(readable.data(), readable.size(), pause.count() ? &limit : nullptr, nullptr) < 0;
}

void relay_until(int stop, media::RelaySocket& socket, media::Relay& relay) {
    const int receiver = socket.descriptors().receive_v4;
    std::array<pollfd, 2> readable{{{stop, POLLIN, 0}, {receiver, POLLIN, 0}}};
    std::uint64_t received = 0, forwarded = 0, wakes = 0;
    base::Time time;
    media::RelayPause pause;
    const std::function<void(const media::Packet&)> each = [&](const media::Packet& packet) {
        ++received;
        if (const auto way = relay.receive(packet, time)) {
            socket.send(*way, packet.payload);
            ++forwarded;
        }
    };
    base::Duration left_alone{0};
    while (!wait(std::span(readable).first(left_alone.count() ? 1 : 2), left_alone) && !readable[0].revents) {
        ++wakes;
        time = now();
        const auto before = received;
        while (socket.receive(receiver, each) == media::RelaySocket::kBatch) socket.flush();
        socket.flush();
        left_alone = pause.after(received - before, time);
    }
    std::printf("{\"received\": %llu, \"forwarded\": %llu, \"wakes\": %llu, \"send_failures\": %llu}\n",
                static_cast<unsigned long long>(received), static_cast<unsigned long long>(forwarded),
                static_cast<unsigned long long>(wakes), static_cast<unsigned long long>(socket.send_failures()));
}

int run(char** words) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    const int stop = signalfd(-1, &ends, SFD_CLOEXEC);

    const int flows = base::to_number<std::uint16_t>(words[1]).value();
    media::RelaySocket socket(media::open_relay_descriptors(8 << 20));
    media::Relay relay;
    nft::TableSpec spec;
    spec.pinhole_timeout = std::chrono::hours(1);
    const auto first = shifted(words[3], 0), second = shifted(words[4], 0);
    for (const auto& ours : {first, second}) {
        const auto last = static_cast<std::uint16_t>(ours.port + 2 * flows);
        spec.media.push_back({ours.address, {ours.port, last}, socket.descriptors().steer_port});
    }
    nft::TableKeeper keeper(spec, now());
    std::vector<std::vector<nft::Change>> requests(1);
    for (int flow = 0; flow < flows; ++flow) {
        const auto a = end_of(words[3], words[2], flow), b = end_of(words[4], words[5], flow);
        relay.install({base::CallNumber{static_cast<std::uint64_t>(flow)}, {a, b}}, now());
        requests[0].push_back(pinhole_of(a, flow));
        requests[0].push_back(pinhole_of(b, flow));
    }
    if (keeper.commit(requests, now())[0]) {
        std::fputs("relay_loop: the kernel refuses the pinholes\n", stderr);
        return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    relay_until(stop, socket, relay);
    keeper.remove_table();
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) {
        std::fputs("usage: relay_loop FLOWS FAR OUR OUR2 FAR2\n", stderr);
        return 2;
    }
    try {
        return run(words);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "relay_loop: %s\n", e.what());
        return 1;
    }
}
