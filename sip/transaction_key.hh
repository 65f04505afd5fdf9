// What makes two messages belong to the same transaction (RFC 3261, 17.1.3 and 17.2.3, with RFC 2543's rules for peers
// without the magic cookie; 8.2.2.2 for merged requests; 9.2 for CANCEL), as a digest of the texts that must agree.
// It keeps nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/entropy.hh"
#include "base/flow.hh"
#include "sip/key_index.hh"
#include "sip/message.hh"
#include "sip/via.hh"

namespace sip {

inline constexpr std::string_view kMagicCookie = "z9hG4bK";

// The first Via value as it was written; empty when there is none.
std::string_view top_via_of(const Message& message);
// The branch of that Via; empty when there is none.
std::string_view branch_of(const Message& message);

// Of the beginning of a request as we send them, which may be cut anywhere: its method and its own branch. Both are
// empty where it is none, or cut before the branch ends.
struct SentRequest {
    std::string_view method, branch;
};
SentRequest sent_request(std::string_view beginning);

// False for a peer of RFC 2543's time: no magic cookie, or nothing behind it (RFC 4475, 3.2.1).
bool is_rfc3261(const Via& top);

// SipHash-2-4 with 128 bits of output: without the secret nobody can make two texts meet.
Key digest(const std::array<std::uint64_t, 2>& secret, std::string_view text);

class KeyMaker {
 public:
    explicit KeyMaker(base::Entropy& entropy) : secret_{entropy.next(), entropy.next()} {}

    // 17.2.3: the server transaction of `method` that this request belongs to. For an ACK and for what a CANCEL
    // cancels, `method` is INVITE.
    Key server(const Message& request, const Via& top, std::string_view method);
    // 17.1.3.
    Key client(std::string_view branch, std::string_view method);
    // 8.2.2.2: equal for the same request that came by two ways.
    Key merged(const Message& request);
    // Every transaction that a failure of this flow concerns. The local port is left out: it is not known before a
    // stream is connected.
    Key flow(const base::Flow& flow);

 private:
    KeyMaker& begin(char kind);
    KeyMaker& with(std::string_view text);
    Key end() const { return digest(secret_, text_); }

    std::array<std::uint64_t, 2> secret_;
    std::string text_;  // scratch
};

}  // namespace sip
