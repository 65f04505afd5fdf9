// The offer/answer state of one side (RFC 3264). It keeps texts and does not read them; who may do what when is for
// the caller to ask before (offer_possible()).
#include "sdp/offer_answer.hh"

#include <cassert>
#include <utility>

namespace sdp {

void OfferAnswer::we_offered(std::string description) {
    assert(state_ == State::stable);
    state_ = State::offered_by_us;
    pending_ = std::move(description);
}

void OfferAnswer::peer_offered(std::string description) {
    assert(state_ == State::stable);
    state_ = State::offered_by_peer;
    pending_ = std::move(description);
}

void OfferAnswer::we_answered(std::string description) {
    assert(state_ == State::offered_by_peer);
    state_ = State::stable;
    remote_ = std::exchange(pending_, {});
    local_ = std::move(description);
}

void OfferAnswer::peer_answered(std::string description) {
    assert(state_ == State::offered_by_us);
    state_ = State::stable;
    local_ = std::exchange(pending_, {});
    remote_ = std::move(description);
}

void OfferAnswer::roll_back() {
    state_ = State::stable;
    pending_.clear();
}

}  // namespace sdp
