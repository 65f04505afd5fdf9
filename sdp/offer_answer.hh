// Offer/answer state of one side of a call (RFC 3264, 4 to 8; with UPDATE RFC 6337): who may offer now, what was
// agreed last, and the way back when an offer is refused (rollback).
#pragma once

#include <optional>
#include <string>

namespace sdp {

class OfferAnswer {
 public:
    enum class State { stable, offered_by_us, offered_by_peer };

    State state() const { return state_; }
    bool offer_possible() const { return state_ == State::stable; }   // else: 491

    void we_offered(std::string description);
    void peer_offered(std::string description);
    void we_answered(std::string description);
    void peer_answered(std::string description);
    void roll_back();                              // the offer was refused: what was agreed before counts again

    // What was agreed last; empty before the first agreement.
    const std::string& local() const { return local_; }
    const std::string& remote() const { return remote_; }

 private:
    State state_ = State::stable;
    std::string local_, remote_;           // agreed
    std::string pending_;                  // the offer under way
};

}  // namespace sdp
