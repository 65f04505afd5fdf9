// As a UAC (RFC 3261, 22.2): the challenges of peers at which the policy gives us an account. Answered are those of the
// peer that a route chose, to a request that we send it, for the configured realm alone; all others cross to whoever
// asked. A request that brings credentials of its own, and a REGISTER that passes through us, is its sender's affair.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/authentication.hh"
#include "sip/digest.hh"
#include "sip/message.hh"

namespace sbc {

struct Call;
struct Context;
struct Exchange;
struct Party;

// A request to such a peer as it was sent, until its final answer.
struct LoginAttempt {
    std::shared_ptr<const policy::PeerLogin> login;
    std::string peer;                 // by name: it outlives a reload
    sip::Message request;             // without our Via
    unsigned answered = 0;            // challenges to it
};

// What a peer last asked: its nonce serves for further requests, counted (RFC 7616, 3.4: nc).
struct KnownChallenge {
    std::string realm;                // the first that it asked for; kept where the policy names none
    std::optional<sip::Challenge> challenge;
    sip::HeaderName header = sip::HeaderName::authorization;
    std::string cnonce;
    std::uint32_t count = 0;
};

// Before a request leaves: null where no challenge to it would be answered. Where the peer has asked before, the
// credentials go along at once.
std::shared_ptr<LoginAttempt> begin_attempt(Context& context, const policy::Snapshot& policy, const Party& to,
                                       sip::Message& request);
// The same for a known account: our own registration.
std::shared_ptr<LoginAttempt> begin_attempt(Context& context, std::shared_ptr<const policy::PeerLogin> login,
                                       const std::string& peer, sip::Message& request);

// A final response to it. True: attempt.request holds the answer to its challenge and this CSeq, and is to be sent. Where
// the account was refused, `response` has become a 403 without challenge: the other side has no password to try.
bool answer_challenge(Context& context, LoginAttempt& attempt, std::uint32_t cseq, sip::Message& response);

// The same for a request of a call, sent again where it can be. True: nobody is to hear of the response.
bool sent_again(Context& context, Call& call, sip::ClientId client, sip::Message& response);

// An ACK carries the credentials of its INVITE (RFC 3261, 22.1).
void copy_credentials(const Exchange& invite, sip::Message& ack);

}  // namespace sbc
