// An hour of registrations on a virtual clock: so many phones behind one gate, each refreshes every 50 seconds; what
// the registrar sees of it, and what guard, parser and B2BUA cost for one refresh, without sockets. Says it as JSON.
//
// Usage: registration_loop [PHONES]
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "base/log.hh"
#include "base/number.hh"
#include "policy/loader.hh"
#include "sbc/b2bua.hh"
#include "sip/guard.hh"

namespace {

using namespace std::chrono_literals;

constexpr const char* kPolicy = R"(
[zones.outside]
listen   = ["udp:203.0.113.1:5060"]
media    = { address = "203.0.113.1", ports = "20000-20999" }
nat      = "far-end"
register = { client_expires = "60s", registrar_expires = "1h" }
[zones.inside]
listen  = ["udp:198.51.100.1:5060"]
media   = { address = "198.51.100.1", ports = "30000-30999" }
trusted = true
[peers.registrar]
zone = "inside"
uri  = "sip:198.51.100.10:5060"
[[routes]]
from = "outside"
to   = ["registrar"]
[[access]]
from = "outside"
)";

constexpr unsigned kRounds = 72;   // of 50 seconds: an hour

double cpu_us() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

std::string refresh_of(unsigned phone, unsigned round) {
    const std::string name = "phone" + std::to_string(phone), host = "10.0.0.2:5060";
    return "REGISTER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + host + ";branch=z9hG4bK" + name + "r" +
           std::to_string(round) + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + name + "@203.0.113.1>;tag=" + name + "\r\nTo: <sip:" + name +
           "@203.0.113.1>\r\nCall-ID: " + name + "-7c1b9d52@10.0.0.2\r\nCSeq: " + std::to_string(round + 1) +
           " REGISTER\r\nContact: <sip:" + name + "@" + host + ">;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-" +
           std::to_string(100000000000 + phone) + ">\";reg-id=1\r\nExpires: 600\r\nSupported: path, outbound, gruu\r\n"
           "User-Agent: phone\r\nContent-Length: 0\r\n\r\n";
}

// The gate, its phones, and a registrar that takes all that it is told.
class Hour {
 public:
    explicit Hour(policy::SnapshotPtr policy)
        : policy_(std::move(policy)), b2bua_({{}, 1, &entropy_, &relay_}, policy_, now_) {}

    // The phone says it, and hears a 200. Answers the µs of CPU where that was said here.
    std::optional<double> refresh(unsigned phone, unsigned round) {
        const auto bytes = refresh_of(phone, round);
        const auto port = static_cast<std::uint16_t>(1024 + phone % 60000);
        const base::Endpoint remote{*base::Address::parse("203.0.113.20"), port};
        const double before = cpu_us();
        give(bytes, policy_->listeners[0], remote);
        auto effects = b2bua_.take_effects();
        const double took = cpu_us() - before;
        bool heard = false, crossed = false;
        while (!effects.empty()) {
            for (const auto& effect : effects) {
                const auto* send = std::get_if<sip::Send>(&effect);
                if (!send) continue;
                if (send->flow.remote == remote) heard = send->bytes->starts_with("SIP/2.0 200");
                else crossed = true, register_at_registrar(*send);
            }
            effects = b2bua_.take_effects();
        }
        if (!heard) std::fprintf(stderr, "phone %u heard no 200\n", phone), std::exit(1);
        return crossed ? std::nullopt : std::optional(took);
    }

    void pass(base::Duration time) {
        const auto end = now_ + time;
        while (b2bua_.next_deadline() <= end) {
            now_ = std::max(now_, b2bua_.next_deadline());
            b2bua_.advance(now_);
            (void)b2bua_.take_effects();
        }
        now_ = end;
    }

    sbc::Totals totals() const { return b2bua_.totals(); }

 private:
    void give(std::string_view bytes, const policy::Listener& door, const base::Endpoint& remote) {
        const auto verdict = sip::guard(bytes, sip::Framing::datagram, policy_->sip_limits);
        auto message = sip::Message::parse(bytes);
        if (!verdict.accepted || !message) {
            std::fprintf(stderr, "refused: %s\n", std::string(bytes).c_str());
            std::exit(1);
        }
        b2bua_.on_message(std::move(*message), {door.id, base::Transport::udp, door.local, remote, {}}, now_);
    }

    void register_at_registrar(const sip::Send& send) {
        const auto request = sip::Message::parse(*send.bytes);
        if (!request || !request->is_request()) return;
        auto ok = sip::Message::response(200);
        for (const auto id : {sip::HeaderName::via, sip::HeaderName::from, sip::HeaderName::call_id, sip::HeaderName::cseq,
                              sip::HeaderName::contact})
            ok.add(id, request->value(id));
        ok.add(sip::HeaderName::to, std::string(request->value(sip::HeaderName::to)) + ";tag=registrar");
        ok.add("P-Associated-URI", request->value(sip::HeaderName::to));
        ok.add("Allow-Events", "presence, message-summary");
        ok.add("Server", "registrar");
        give(ok.serialize(), policy_->listeners[1], send.flow.remote);
    }

    policy::SnapshotPtr policy_;
    base::SeededEntropy entropy_{1};
    media::Relay relay_;
    base::Time now_{1000s};
    sbc::B2bua b2bua_;
};

std::size_t bytes_in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

}  // namespace

int main(int argc, char** argv) {
    const auto phones = argc > 1 ? base::to_number<std::uint32_t>(argv[1]).value_or(0) : 2000;
    if (phones == 0 || phones > 1'000'000) return std::fprintf(stderr, "usage: registration_loop [PHONES]\n"), 2;
    base::log::open({}, base::log::Level::error);
    const auto loaded = policy::load_text("loop.toml", kPolicy, {.check_local_addresses = false});
    if (!loaded.snapshot) return std::fprintf(stderr, "%s\n", loaded.complaints.front().to_string().c_str()), 1;
    Hour hour(loaded.snapshot);
    const auto empty = bytes_in_use();
    for (unsigned phone = 0; phone < phones; ++phone) hour.refresh(phone, 0);
    hour.pass(40s);                    // their transactions have ended
    const auto held = bytes_in_use();
    hour.pass(10s);
    double us = 0;
    std::uint64_t here = 0, crossed = 0;
    for (unsigned round = 1; round <= kRounds; ++round) {
        for (unsigned phone = 0; phone < phones; ++phone) {
            const auto took = hour.refresh(phone, round);
            ++(took ? here : crossed);
            us += took.value_or(0);
        }
        hour.pass(50s);
    }
    if (hour.totals().registrations != phones) return std::fprintf(stderr, "registrations were lost\n"), 1;
    std::printf("{\"phones\": %u, \"refreshes\": %llu, \"share_at_registrar\": %.4f, \"cpu_us\": %.2f, \"bytes\": %zu}\n",
                phones, static_cast<unsigned long long>(here + crossed),
                static_cast<double>(crossed) / static_cast<double>(here + crossed), us / static_cast<double>(here), (held - empty) / phones);
    return 0;
}
