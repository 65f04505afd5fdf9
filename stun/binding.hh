// STUN's Binding (RFC 8489) as a server gives it beside another protocol at the same port: who asks learns what address
// and port it has, seen from here. Nobody is asked who he is, nothing is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.hh"

namespace stun {

// Whether a datagram may be STUN at all: the first two bits are zero and the magic cookie stands in its place
// (RFC 8489, 5). No SIP message begins like that (RFC 5626, 8).
bool is_message(std::string_view datagram);

// The answer to a Binding request from `source`: success with XOR-MAPPED-ADDRESS, or error 420 where it has attributes
// that must be understood and are not (RFC 8489, 6.3.1). With FINGERPRINT where the request has it. Nothing: it is
// another message than a request, another method, or malformed, and is not to be answered.
std::optional<std::string> answer_to_binding(std::string_view datagram, const base::Endpoint& source);

}  // namespace stun
