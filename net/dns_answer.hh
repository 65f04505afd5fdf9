// The bytes of a DNS message to records (RFC 1035, 4; 2782; 3403), with their lifetimes, which the parsers of c-ares
// leave out. Names and strings are expanded by c-ares, so that no second decompressor has to be trusted.
#pragma once

#include <span>

#include "base/dns.hh"

namespace net {

// What does not answer the question is passed over; what cannot be read is `failed`.
base::DnsAnswer read_dns_answer(std::span<const unsigned char> message, const base::DnsQuestion& question);

}  // namespace net
