// One call as data: two parties, a pair of dialogs for each fork, the requests under way between them, the media.
// A subscription is a call without media. The stories (call_invite.hh and its neighbours) change it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/timers.hh"
#include "nft/pinhole.hh"
#include "sbc/call_setup.hh"
#include "sbc/effects.hh"
#include "sbc/media_line.hh"
#include "sbc/own_offer.hh"
#include "sbc/party.hh"
#include "sbc/reliable_response.hh"
#include "sbc/session_timer.hh"
#include "sbc/transfer.hh"
#include "sip/dialog.hh"
#include "sip/transactions.hh"

namespace sbc {

struct LoginAttempt;   // peer_login.hh
struct Fork;           // call_branches.hh

// The bytes of the ACK that answered a 2xx, to be sent again for each retransmission of it.
struct SentAck {
    std::uint32_t cseq = 0;
    std::shared_ptr<const std::string> bytes;
    base::Flow flow;
    std::shared_ptr<const SentAck> datagram;          // the same, where it went over a stream for its size
};

// The two dialogs that belong together: one pair for each fork while the call is early, then one.
struct DialogPair {
    std::array<sip::Dialog, 2> dialogs;               // by Side; b.remote_tag is empty before its first response
    std::vector<MediaLine> lines;
    std::optional<std::vector<MediaLine>> before_offer;   // what counted before the offer under way
    std::optional<Side> offerer;
    std::array<SentAck, 2> acks;                      // towards that side
    std::array<HeardResponse, 2> heard;               // reliable 1xx from that side
    std::array<std::uint32_t, 2> last_rseq{};         // of the reliable 1xx that we sent to that side; 0: none yet
    std::vector<Referral> referrals;                  // the last ones
    bool settled = false;                             // the INVITE's offer/answer, by PRACK: later ones do not count
    std::optional<OwnOffer> own_offer;                // the last that we made for a side that made none
};

// A request that came from one party and went to the other.
struct Exchange {
    Side from = Side::a;
    sip::Method method = sip::Method::unknown;
    sip::ServerId server;
    sip::ClientId client;
    DialogPair* pair = nullptr;                       // null for the first request of the call
    std::uint32_t cseq_from = 0, cseq_to = 0;
    bool offer_in_request = false;                    // as it went out
    bool own_offer = false;                           // the offer is ours: its sender made none
    Reliability reliable = Reliability::none;         // an INVITE's sender's
    bool first = false;                               // the request that made the call
    bool answered = false;                            // a 2xx to INVITE is out and waits for its ACK
    bool connects = false;                            // of our own, with the offer for a call that takes another's place
    bool repairs = false;                             // of our own, with what an offer of ours did not say
    bool again = false;                               // sent for the second time, over a new connection
    SessionRequest session;                           // of its sender, where that side agrees with us
    std::string target;                               // its sender's new one, once it is accepted; empty: as it was
    base::TimerHandle timer_c;
    std::shared_ptr<LoginAttempt> login_attempt;      // at a peer that may ask for our password
};

// A 2xx that we sent and that is to be repeated until its ACK comes (RFC 3261, 13.3.1.4).
struct Unacknowledged {
    sip::ServerId server;
    Side side = Side::a;
    std::uint32_t cseq = 0;
    sip::Message response;
    base::Duration interval;
    base::Time give_up;
    base::TimerHandle timer;
    bool first = false;                               // of the request that made the call
    bool bye_after = false;                           // a BYE is owed as soon as the ACK is here (15)
};

struct Call {
    enum class State { early, established, terminating };
    enum class Kind { invite, subscription };

    base::CallNumber number;
    std::string id;
    Kind kind = Kind::invite;
    State state = State::early;
    policy::SnapshotPtr policy;                       // the one that it began with
    std::array<Party, 2> parties;                     // a: who called
    std::vector<std::unique_ptr<DialogPair>> pairs;
    DialogPair* chosen = nullptr;                     // once established
    std::vector<Exchange> exchanges;
    std::vector<Unacknowledged> unacknowledged;
    std::vector<ReliableResponse> reliable;
    std::vector<WithheldAnswer> withheld;
    std::unique_ptr<Setup> setup;
    std::shared_ptr<Fork> fork;                       // what it shares with the other branches that we ring; null: none
    bool speaks = true;                               // for its caller: a branch that another one outlived does not
    std::vector<nft::Pinhole> open;                   // sorted; as the kernel was asked for
    std::vector<nft::Pinhole> confirmed;              // while it has not answered all: what is open for certain
    bool restored = false;                            // from the journal: its transactions are gone
    PinholeToken unanswered;                          // the last change that the kernel has not answered; 0: none
    std::array<SessionTimer, 2> sessions;
    std::optional<Transfer> transfer;                 // one of its ends has asked for it
    std::optional<Succession> succession;             // it is about to take another call's place
    std::string end_reason;                           // the Reason of a BYE of ours; empty: none
    base::TimerHandle media_timer, limit_timer, repair_timer;
    base::Time repair_due;                            // of what an offer of ours did not say; zero: not begun
    std::string from, to, route;
    std::string requested;                            // the Request-URI as the caller wrote it
    bool emergency = false;                           // no limit holds for it
    std::uint64_t words_key = 0;                      // of RTCP's words on its senders (media::End)
    base::Time started;
    std::optional<base::Time> ringing;                // the first 1xx of the far side
    std::optional<base::Time> answered;

    Party& party(Side side) { return parties[at(side)]; }
    const Party& party(Side side) const { return parties[at(side)]; }
    Exchange* exchange_of(sip::ServerId server) {
        for (auto& exchange : exchanges) if (exchange.server == server && server.value) return &exchange;
        return nullptr;
    }
    Exchange* exchange_of(sip::ClientId client) {
        for (auto& exchange : exchanges) if (exchange.client == client && client.value) return &exchange;
        return nullptr;
    }
};

}  // namespace sbc
