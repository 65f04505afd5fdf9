// Asks the DNS (by c-ares, on this thread's loop) and answers each question once. It knows nothing of what the records
// are for, and remembers nothing: see sip/locator.hh. /etc/hosts comes before the DNS, as everywhere on this host.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/dns.hh"
#include "base/endpoint.hh"
#include "net/loop.hh"

namespace net {

struct DnsSettings {
    std::vector<base::Endpoint> servers;                  // empty: those of /etc/resolv.conf
    base::Duration timeout{std::chrono::seconds(2)};      // of the first try; each further one waits longer
    int tries = 2;                                        // of each server
};

class DnsClient {
 public:
    // Throws std::runtime_error where c-ares cannot start.
    DnsClient(Loop& loop, const DnsSettings& settings);
    ~DnsClient();
    DnsClient(const DnsClient&) = delete;
    DnsClient& operator=(const DnsClient&) = delete;

    // `done` may run before ask() returns; never once the client is gone.
    void ask(const base::DnsQuestion& question, std::function<void(base::DnsAnswer)> done);
    // Time-outs; to be called some times a second.
    void advance();

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace net
