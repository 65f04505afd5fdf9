#include <cppunit/extensions/HelperMacros.h>

#include "sdp/offer_answer.hh"

namespace {

using sdp::OfferAnswer;

class OfferAnswerTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(OfferAnswerTest);
    CPPUNIT_TEST(nothing_is_agreed_before_an_answer);
    CPPUNIT_TEST(our_offer_and_their_answer_become_what_is_agreed);
    CPPUNIT_TEST(their_offer_and_our_answer_become_what_is_agreed);
    CPPUNIT_TEST(while_an_offer_is_under_way_nobody_may_offer);
    CPPUNIT_TEST(a_refused_offer_leaves_what_was_agreed_before);
    CPPUNIT_TEST_SUITE_END();

    void agreed(const OfferAnswer& state, const std::string& local, const std::string& remote) {
        CPPUNIT_ASSERT_EQUAL(local, state.local());
        CPPUNIT_ASSERT_EQUAL(remote, state.remote());
    }

    void nothing_is_agreed_before_an_answer() {
        OfferAnswer state;
        CPPUNIT_ASSERT(state.offer_possible());
        state.we_offered("ours");
        agreed(state, "", "");
    }

    void our_offer_and_their_answer_become_what_is_agreed() {
        OfferAnswer state;
        state.we_offered("ours");
        CPPUNIT_ASSERT(state.state() == OfferAnswer::State::offered_by_us);
        state.peer_answered("theirs");
        CPPUNIT_ASSERT(state.offer_possible());
        agreed(state, "ours", "theirs");
    }

    void their_offer_and_our_answer_become_what_is_agreed() {
        OfferAnswer state;
        state.peer_offered("theirs");
        CPPUNIT_ASSERT(state.state() == OfferAnswer::State::offered_by_peer);
        state.we_answered("ours");
        agreed(state, "ours", "theirs");
    }

    void while_an_offer_is_under_way_nobody_may_offer() {
        OfferAnswer state;
        state.we_offered("ours");
        CPPUNIT_ASSERT(!state.offer_possible());
        state.roll_back();
        state.peer_offered("theirs");
        CPPUNIT_ASSERT(!state.offer_possible());
    }

    void a_refused_offer_leaves_what_was_agreed_before() {
        OfferAnswer state;
        state.we_offered("ours");
        state.peer_answered("theirs");
        state.peer_offered("theirs 2");
        agreed(state, "ours", "theirs");
        state.roll_back();
        CPPUNIT_ASSERT(state.offer_possible());
        agreed(state, "ours", "theirs");
        state.we_offered("ours 3");
        state.peer_answered("theirs 3");
        agreed(state, "ours 3", "theirs 3");
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OfferAnswerTest);

}  // namespace
