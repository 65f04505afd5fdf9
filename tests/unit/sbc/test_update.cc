// UPDATE (RFC 3311) as ladders: early and late, one at a time, against other offers.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

class TestUpdate : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestUpdate);
    CPPUNIT_TEST(an_update_in_an_early_dialog_passes_both_ways);
    CPPUNIT_TEST(an_offer_over_an_unanswered_offer_is_500_or_491);
    CPPUNIT_TEST(a_second_update_before_the_answer_is_500_with_retry_after);
    CPPUNIT_TEST(offers_that_cross_are_491);
    CPPUNIT_TEST(an_update_without_offer_passes_beside_an_offer);
    CPPUNIT_TEST(a_request_that_comes_late_is_500_with_retry_after);
    CPPUNIT_TEST(an_update_that_the_other_side_does_not_allow_is_405);
    CPPUNIT_TEST_SUITE_END();

    struct Early {
        explicit Early(Ladder& ladder, std::string body = description(kPbx, 6000))
            : invite(ladder.invite(kOutside, "desk", description(kOutside, 4000))) {
            ladder.from(kOutside, invite);
            ladder.skip(kOutside);
            ladder.acknowledge();
            far = ladder.to(kPbx);
            ladder.from(kPbx, ladder.answer(kPbx, *far, 183, "pbx", std::move(body)));
            ladder.acknowledge();
            response = ladder.to(kOutside);
        }
        void answered(Ladder& ladder, std::string_view allow = {}) {
            auto ok = ladder.answer(kPbx, *far, 200, "pbx", description(kPbx, 6000));
            if (!allow.empty()) ok.add(HeaderName::allow, allow);
            ladder.from(kPbx, ok);
            ladder.acknowledge();
            response = ladder.to(kOutside);
            ladder.from(kOutside, ladder.within(invite, *response, "ACK"));
            ladder.skip(kPbx);
        }
        Message update(Ladder& ladder, std::string body = {}) const {
            auto request = ladder.within(invite, *response, "UPDATE");
            if (!body.empty()) request.set_body(std::move(body), "application/sdp");
            return request;
        }
        Message update_back(Ladder& ladder, std::string body = {}) const {
            auto request = ladder.backwards(kPbx, *far, "UPDATE", "pbx");
            if (!body.empty()) request.set_body(std::move(body), "application/sdp");
            return request;
        }
        Message invite;
        std::optional<Message> far, response;
    };

    void an_update_in_an_early_dialog_passes_both_ways() {
        Ladder ladder;
        Early call(ladder);
        ladder.from(kOutside, call.update(ladder));
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, {}));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        ladder.from(kPbx, call.update_back(ladder));
        const auto update = ladder.to(kOutside);
        CPPUNIT_ASSERT(update.method() == Method::update);
        ladder.from(kOutside, ladder.answer(kOutside, update, 200, {}));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
    }

    void an_offer_over_an_unanswered_offer_is_500_or_491() {
        Ladder ladder;
        Early call(ladder, "");
        ladder.from(kOutside, call.update(ladder, description(kOutside, 4000, "sendonly")));
        const auto late = ladder.to(kOutside);
        CPPUNIT_ASSERT(late.status() == 500 && late.has(HeaderName::retry_after));
        ladder.from(kPbx, call.update_back(ladder, description(kPbx, 6000, "sendonly")));
        CPPUNIT_ASSERT_EQUAL(491, ladder.to(kPbx).status());
    }

    void a_second_update_before_the_answer_is_500_with_retry_after() {
        Ladder ladder;
        Early call(ladder);
        call.answered(ladder);
        ladder.from(kOutside, call.update(ladder));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::update);
        ladder.from(kOutside, call.update(ladder));
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT(refused.status() == 500 && refused.has(HeaderName::retry_after));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void offers_that_cross_are_491() {
        Ladder ladder;
        Early call(ladder);
        call.answered(ladder);
        ladder.from(kOutside, call.update(ladder, description(kOutside, 4000, "sendonly")));
        ladder.acknowledge();
        const auto update = ladder.to(kPbx);
        ladder.from(kPbx, call.update_back(ladder, description(kPbx, 6000, "sendonly")));
        CPPUNIT_ASSERT_EQUAL(491, ladder.to(kPbx).status());
        ladder.from(kPbx, ladder.answer(kPbx, update, 491, {}));
        CPPUNIT_ASSERT_EQUAL(491, ladder.to(kOutside).status());
        ladder.from(kPbx, call.update_back(ladder, description(kPbx, 6000, "sendonly")));
        ladder.acknowledge();
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::update);
    }

    void an_update_without_offer_passes_beside_an_offer() {
        Ladder ladder;
        Early call(ladder);
        call.answered(ladder);
        ladder.from(kOutside, call.update(ladder, description(kOutside, 4000, "sendonly")));
        ladder.acknowledge();
        ladder.from(kPbx, call.update_back(ladder));
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::update);
    }

    void a_request_that_comes_late_is_500_with_retry_after() {
        Ladder ladder;
        Early call(ladder);
        call.answered(ladder);
        const auto first = call.update(ladder), second = call.update(ladder);
        ladder.from(kOutside, second);
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, {}));
        ladder.to(kOutside);
        ladder.from(kOutside, first);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT(refused.status() == 500 && refused.has(HeaderName::retry_after));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }

    void an_update_that_the_other_side_does_not_allow_is_405() {
        Ladder ladder;
        Early call(ladder);
        call.answered(ladder, "INVITE, ACK, BYE");
        ladder.from(kOutside, call.update(ladder));
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(405, refused.status());
        CPPUNIT_ASSERT(refused.has(HeaderName::allow));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestUpdate);

}  // namespace sbc::test
