// The linear, allocation-free scan that every message passes before any parser sees it (limits.hh; strict
// CRLF, no control characters, mandatory headers once, Content-Length digits only, SIP/2.0, CSeq in range …).
#pragma once

#include <string_view>

#include "base/reason.hh"
#include "sip/limits.hh"

namespace sip {

struct GuardVerdict {
    bool accepted = false;
    base::Reason reason = base::Reason::not_sip;  // when refused
    bool is_request = false;                      // as far as it could be told
    bool answerable = false;  // a request other than ACK with a Via: refuse() may have an answer
    std::size_t message_bytes =
        0;  // head and body by Content-Length; over UDP the rest of the datagram is ignored
};

// `message`: as a datagram, but as long as a stream's may be (RFC 7118, 5).
enum class Framing { datagram, message, stream };

GuardVerdict guard(std::string_view bytes, Framing framing, const Limits& limits);

}  // namespace sip
