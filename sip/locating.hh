// Where a SIP URI leads (RFC 3263, 4; RFC 2782 for the choice by weight): from what the DNS is known to have said to the
// servers in their order, or to the questions that are still to be asked. Pure: it asks nobody and reads no clock.
// Not here: the next hop of a response (RFC 3263, 5), which is the transaction layer's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/dns.hh"
#include "base/endpoint.hh"
#include "base/entropy.hh"
#include "sip/dns_cache.hh"
#include "sip/uri.hh"

namespace sip {

// A transport that we can send over, and to which families.
struct Way {
    base::Transport transport = base::Transport::udp;
    bool v4 = true, v6 = false;
    friend bool operator==(const Way&, const Way&) = default;
};

struct Destination {
    std::string host;                            // lower case, without brackets or the last dot
    std::uint16_t port = 0;                      // 0: none was written
    std::optional<base::Transport> transport;    // where one was written
    bool secure = false;                         // sips: TLS or nothing
    std::vector<Way> ways;                       // in our order of preference
    friend bool operator==(const Destination&, const Destination&) = default;
};

Destination destination_of(const Uri& uri, std::vector<Way> ways);

// One host and port that serves; all of its addresses are as good as each other.
struct Server {
    std::uint16_t rank = 0;                      // the lower first; within one rank chance decides, by weight
    std::uint16_t weight = 0;
    base::Transport transport = base::Transport::udp;
    std::string name;
    std::uint16_t port = 0;
    std::vector<base::Address> addresses;
    friend bool operator==(const Server&, const Server&) = default;
};

struct Location {
    std::vector<base::DnsQuestion> missing;      // not empty: ask these first
    std::vector<Server> servers;
    bool unknown = false;                        // no server, for want of answers; not because there is none
    base::Time expires = base::kNever;
};

Location locate(const Destination& destination, const DnsCache& known, base::Time now);

struct Target {
    base::Endpoint remote;
    base::Transport transport = base::Transport::udp;
    friend auto operator<=>(const Target&, const Target&) = default;
};

// The order in which to try them this time.
std::vector<Target> in_order(const std::vector<Server>& servers, base::Entropy& entropy);

}  // namespace sip
