// What the policy says of its peers beside who they are: how much each gets, who is asked for their names, and which of
// them take emergency calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hh"
#include "base/ids.hh"
#include "base/time.hh"
#include "policy/place.hh"
#include "sip/dns_cache.hh"

namespace policy {

// `in`: calls that come from the peer; `out`: those that go to it.
struct Limits {
    std::optional<std::uint32_t> calls, calls_in, calls_out;   // at once
    std::optional<double> calls_per_second, cps_in, cps_out;
    std::optional<std::uint64_t> bandwidth;              // of all its calls, kbit/s
    // REGISTERs that go to it. Above: 503, with a Retry-After by chance from half of `retry_after` to one and a half.
    std::optional<std::uint32_t> registers;              // at once
    std::optional<double> registers_per_second;
    base::Duration retry_after{std::chrono::seconds(60)};
};

// Who is asked for the names of peers.
struct Dns {
    std::vector<base::Endpoint> servers;                 // empty: those of the host
    base::Duration timeout{std::chrono::seconds(2)};
    sip::DnsBounds bounds;
};

struct Emergency {
    std::vector<std::string> numbers;                    // beside urn:service:sos; digits only
    std::vector<base::PeerId> to;                        // empty: the routes decide
    Place place;
};

}  // namespace policy
