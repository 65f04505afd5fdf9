// What is asked of the DNS and what it answers, as values (RFC 1035, 2782, 3403). Who sends the question and reads the
// bytes is net's; what SIP makes of the records is sip's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hh"
#include "base/time.hh"

namespace base {

enum class DnsType : std::uint16_t { a = 1, aaaa = 28, srv = 33, naptr = 35 };

struct DnsQuestion {
    std::string name;                 // lower case, without the last dot
    DnsType type = DnsType::a;
    friend auto operator<=>(const DnsQuestion&, const DnsQuestion&) = default;
};

struct SrvRecord {
    std::uint16_t priority = 0, weight = 0, port = 0;
    std::string target;               // as in a question; empty: the root, "not available here"
};

struct NaptrRecord {
    std::uint16_t order = 0, preference = 0;
    std::string flags, services, regexp, replacement;
};

// Only the list of the question's type is filled.
struct DnsAnswer {
    enum class Outcome : std::uint8_t {
        failed,                       // nobody answered, or nothing that could be used
        nothing,                      // there is no such name, or it has no such record
        found,
    } outcome = Outcome::failed;
    std::vector<Address> addresses;
    std::vector<SrvRecord> services;
    std::vector<NaptrRecord> rules;
    Duration ttl{0};                  // the shortest of the records; of `nothing`: what RFC 2308 says
};

}  // namespace base
