// The two requests that an INVITE client transaction makes by itself: the ACK for a final response that is no 2xx
// (RFC 3261, 17.1.1.3) and the CANCEL (9.1). Keeps of the INVITE what they repeat.
#pragma once

#include <cstdint>
#include <string_view>

#include "sip/message.hh"
#include "sip/packed_texts.hh"

namespace sip {

class InviteCompanions {
 public:
    InviteCompanions() = default;  // empty: has nothing to give
    // The INVITE as it was sent, with our Via.
    explicit InviteCompanions(const Message& invite);

    Message ack(const Message& response) const;
    // `reason_header` (RFC 3326) may be empty.
    Message cancel(std::string_view reason_header) const;
    void clear() { texts_.clear(); }

 private:
    Message start(Method method, std::string_view to, bool with_credentials) const;

    PackedTexts texts_;  // Request-URI, Via, From, To, Call-ID, Route, Authorization, Proxy-Authorization
    std::uint32_t cseq_ = 0;
    std::uint16_t routes_ = 0, authorizations_ = 0, proxy_authorizations_ = 0;
};

}  // namespace sip
