// What operators see of the living state: plain values, copied out (POLICY.md names the fields).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/reason.hh"
#include "base/time.hh"

namespace sbc {

struct StreamEndView {
    base::Endpoint local;
    std::optional<base::Endpoint> remote, latched;
    std::uint64_t packets = 0, bytes = 0, lost = 0, dropped = 0;
    double jitter_ms = 0;
};

struct StreamView {
    std::string call;            // the call's id
    std::string media;           // "audio"
    StreamEndView a, b;
    std::string path = "user";
};

struct CallView {
    std::string id;              // what `call ID` and `hangup ID` take; on each log line
    std::string state;           // early, established, terminating
    std::string from, to;        // URIs as the caller wrote them
    std::string zone_a, zone_b, peer_a, peer_b;   // peer: empty when it is none
    std::string route;
    bool emergency = false;
    base::Time started;
    std::optional<base::Time> answered;
    std::vector<StreamView> streams;
};

struct RegistrationView {
    std::string aor;             // address of record
    std::string contact;         // as the phone wrote it
    std::string flow;            // "udp 203.0.113.9:5060"
    std::string zone;
    base::Time registered, expires;   // as the phone was told
    std::string peer;            // the registrar
    base::Time registrar_expires;
    bool surviving = false;      // the registrar is gone, and the phone is served here
};

struct TargetView {
    base::Endpoint address;
    base::Transport transport = base::Transport::udp;
    std::string name;            // of the host whose address it is
    std::uint16_t priority = 0, weight = 0;
    std::string state;           // "up", "down", "passed_over", "unknown" (not probed)
    std::string why;             // it is not used
    std::uint32_t calls = 0;
};

struct PeerView {
    std::string name, zone, uri;
    std::string state;           // "up": some target is; "down": none can be used; "unknown" (not probed)
    std::uint32_t calls = 0;
    bool draining = false;
    std::string why;             // it is down
    std::vector<TargetView> targets;
    // Where we register with it; only the worker that keeps the registration knows.
    std::optional<bool> registered = std::nullopt;
    std::uint32_t expires_s = 0;
    std::string last_failure = {};   // since the last success
};

// How many requests were refused for each reason.
using Refusals = std::array<std::uint64_t, base::kReasonCount>;

struct Totals {
    std::uint64_t calls = 0;             // alive now
    std::uint64_t calls_total = 0;       // attempts since the start
    std::uint64_t calls_answered = 0;
    std::uint64_t calls_failed = 0;      // ended by a final response of 300 and more
    std::uint64_t calls_restored = 0;    // taken back from the journal
    std::uint64_t journal_dropped = 0;   // records that could not live again
    std::uint64_t registrations = 0;
    std::uint64_t registers_relayed = 0;    // REGISTERs that went to a registrar
    std::uint64_t registers_answered = 0;   // refreshes that were answered in its place
    std::uint64_t registers_survived = 0;   // those of them while it was gone
    std::uint64_t calls_survived = 0;       // that went to phones for want of their registrar
    std::vector<std::string> registrars_gone;   // peers
    std::uint64_t carriers = 0;          // registrations of our own
    std::uint64_t transactions = 0;
    std::uint64_t ports_in_use = 0;      // pairs
    std::uint64_t pinholes = 0;          // open, as the B2BUA holds them
    std::uint64_t streams = 0;
    std::uint64_t remains = 0;           // entries of every table that calls, requests and timers leave; 0 at rest
};

}  // namespace sbc
