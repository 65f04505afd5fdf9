// Reliable provisional responses (RFC 3262) as ladders: both sides reliable, only one of them, and what goes wrong.
#include <cppunit/extensions/HelperMacros.h>

#include "base/number.hh"
#include "sip/option_tags.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

Message reliable(Message response, unsigned rseq) {
    response.add(HeaderName::require, "100rel");
    response.add(HeaderName::rseq, std::to_string(rseq));
    return response;
}

bool is_reliable(const Message& response) {
    return sip::has_option(response, HeaderName::require, "100rel") && response.has(HeaderName::rseq);
}

}  // namespace

class TestPrack : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestPrack);
    CPPUNIT_TEST(a_prack_crosses_with_the_numbers_of_the_other_side);
    CPPUNIT_TEST(a_response_that_comes_again_is_absorbed_and_one_too_early_too);
    CPPUNIT_TEST(a_reliable_response_is_sent_again_until_its_prack);
    CPPUNIT_TEST(a_wrong_rack_is_481_and_a_second_prack_too);
    CPPUNIT_TEST(the_answer_waits_for_the_prack_of_a_described_response);
    CPPUNIT_TEST(a_cancel_while_the_answer_is_withheld_ends_both_sides);
    CPPUNIT_TEST(a_bye_from_the_callee_while_the_answer_is_withheld_is_487_for_the_caller);
    CPPUNIT_TEST(without_prack_the_invite_is_refused_and_cancelled);
    CPPUNIT_TEST(a_caller_without_100rel_hears_it_plain_and_we_acknowledge);
    CPPUNIT_TEST(a_caller_who_requires_it_gets_it_from_us);
    CPPUNIT_TEST(a_second_response_of_ours_waits_for_the_first);
    CPPUNIT_TEST(what_waits_when_the_answer_comes_is_too_late);
    CPPUNIT_TEST(an_offer_in_a_prack_that_only_we_know_is_488);
    CPPUNIT_TEST(without_an_offer_nothing_of_ours_is_reliable_but_the_answer);
    CPPUNIT_TEST(an_offer_in_a_response_is_answered_in_its_prack);
    CPPUNIT_TEST(a_failed_target_takes_its_dialog_with_it);
    CPPUNIT_TEST(off_at_the_callee_keeps_it_from_hearing_of_it);
    CPPUNIT_TEST(off_at_the_caller_refuses_who_requires_it);
    CPPUNIT_TEST(require_at_the_caller_refuses_who_lacks_it);
    CPPUNIT_TEST(require_at_the_callee_is_written_into_the_invite);
    CPPUNIT_TEST_SUITE_END();

    // A caller who speaks it as `list` says, up to the far INVITE.
    struct Ringing {
        Ringing(Ladder& ladder, std::optional<HeaderName> list, std::string_view user = "desk", bool late = false)
            : invite(ladder.invite(kOutside, user, late ? "" : description(kOutside, 4000))) {
            if (list) invite.add(*list, "100rel");
            ladder.from(kOutside, invite);
            ladder.skip(kOutside);
            ladder.acknowledge();
            far = ladder.to(kPbx);
        }
        Message answer(Ladder& ladder, int status, std::string body = {}) const {
            return ladder.answer(kPbx, *far, status, "pbx", std::move(body));
        }
        // The caller hears a response and acknowledges it.
        Message prack(Ladder& ladder, const Message& response) const {
            auto prack = ladder.within(invite, response, "PRACK");
            prack.add(HeaderName::rack,
                      std::string(response.value(HeaderName::rseq)) + ' ' + std::string(invite.value(HeaderName::cseq)));
            return prack;
        }
        Message invite;
        std::optional<Message> far;
    };

    static void hang_up(Ladder& ladder, const Ringing& call, const Message& ok) {
        ladder.from(kOutside, ladder.within(call.invite, ok, "ACK"));
        ladder.skip(kPbx);
        ladder.from(kOutside, ladder.within(call.invite, ok, "BYE"));
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_prack_crosses_with_the_numbers_of_the_other_side() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        CPPUNIT_ASSERT(sip::has_option(*call.far, HeaderName::supported, "100rel"));
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        ladder.acknowledge();
        const auto progress = ladder.to(kOutside);
        CPPUNIT_ASSERT(is_reliable(progress));
        ladder.from(kOutside, call.prack(ladder, progress));
        const auto prack = ladder.to(kPbx);
        CPPUNIT_ASSERT(prack.method() == Method::prack);
        CPPUNIT_ASSERT_EQUAL("7 " + std::string(call.far->value(HeaderName::cseq)),
                             std::string(prack.value(HeaderName::rack)));
        ladder.from(kPbx, ladder.answer(kPbx, prack, 200, {}));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        ladder.from(kPbx, call.answer(ladder, 200));
        const auto ok = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        hang_up(ladder, call, ok);
    }

    void a_response_that_comes_again_is_absorbed_and_one_too_early_too() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 180), 7));
        ladder.to(kOutside);
        ladder.from(kPbx, reliable(call.answer(ladder, 180), 7));
        ladder.from(kPbx, reliable(call.answer(ladder, 183), 9));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    void a_reliable_response_is_sent_again_until_its_prack() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 180), 7));
        const auto ringing = ladder.to(kOutside);
        ladder.pass(500ms);
        CPPUNIT_ASSERT(ladder.to(kOutside).serialize() == ringing.serialize());
        ladder.pass(999ms);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.pass(1ms);
        CPPUNIT_ASSERT(ladder.to(kOutside).serialize() == ringing.serialize());
        ladder.from(kOutside, call.prack(ladder, ringing));
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, {}));
        ladder.to(kOutside);
        ladder.pass(8s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    void a_wrong_rack_is_481_and_a_second_prack_too() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 180), 7));
        const auto ringing = ladder.to(kOutside);
        const auto rseq = *base::to_number<std::uint32_t>(ringing.value(HeaderName::rseq));
        for (const auto& wrong : {std::to_string(rseq + 1) + " 1 INVITE", std::to_string(rseq) + " 2 INVITE",
                                  std::to_string(rseq) + " 1 UPDATE", std::string("x")}) {
            auto prack = call.prack(ladder, ringing);
            prack.set(HeaderName::rack, wrong);
            ladder.from(kOutside, prack);
            CPPUNIT_ASSERT_EQUAL(481, ladder.to(kOutside).status());
        }
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kOutside, call.prack(ladder, ringing));
        ladder.from(kOutside, call.prack(ladder, ringing));
        CPPUNIT_ASSERT_EQUAL(481, ladder.to(kOutside).status());
    }

    void the_answer_waits_for_the_prack_of_a_described_response() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        ladder.acknowledge();
        const auto progress = ladder.to(kOutside);
        ladder.from(kPbx, call.answer(ladder, 200));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.from(kOutside, call.prack(ladder, progress));
        ladder.acknowledge();
        const auto ok = ladder.to(kOutside);
        CPPUNIT_ASSERT(ok.method() == Method::invite && ok.status() == 200);
        ladder.from(kPbx, ladder.answer(kPbx, ladder.to(kPbx), 200, {}));
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::prack);
        hang_up(ladder, call, ok);
    }

    void a_cancel_while_the_answer_is_withheld_ends_both_sides() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        ladder.from(kPbx, call.answer(ladder, 200));
        ladder.skip(kOutside);
        ladder.from(kOutside, ladder.cancel(call.invite));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT_EQUAL(487, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_bye_from_the_callee_while_the_answer_is_withheld_is_487_for_the_caller() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        ladder.from(kPbx, call.answer(ladder, 200));
        ladder.skip(kOutside);
        ladder.from(kPbx, ladder.backwards(kPbx, *call.far, "BYE", "pbx"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT_EQUAL(487, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void without_prack_the_invite_is_refused_and_cancelled() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported);
        for (int i = 0; i < 4; ++i) {   // the callee sends it again, so timer C starts anew
            ladder.from(kPbx, reliable(call.answer(ladder, 180), 7));
            ladder.pass(i < 3 ? 8000ms : 7999ms);
        }
        ladder.skip(kOutside);
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.pass(1ms);
        CPPUNIT_ASSERT_EQUAL(504, ladder.to(kOutside).status());
        const auto cancel = ladder.to(kPbx);
        CPPUNIT_ASSERT(cancel.method() == Method::cancel);
        CPPUNIT_ASSERT_EQUAL(std::string("SIP;cause=504"), std::string(cancel.value(HeaderName::reason)));
        ladder.from(kPbx, call.answer(ladder, 487));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_caller_without_100rel_hears_it_plain_and_we_acknowledge() {
        Ladder ladder;
        Ringing call(ladder, std::nullopt);
        CPPUNIT_ASSERT(!sip::has_option(*call.far, HeaderName::supported, "100rel"));
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        const auto prack = ladder.to(kPbx);
        CPPUNIT_ASSERT(prack.method() == Method::prack);
        CPPUNIT_ASSERT_EQUAL("7 " + std::string(call.far->value(HeaderName::cseq)),
                             std::string(prack.value(HeaderName::rack)));
        const auto progress = ladder.to(kOutside);
        CPPUNIT_ASSERT(!progress.has(HeaderName::require) && !progress.has(HeaderName::rseq));
        CPPUNIT_ASSERT(!progress.body().empty());
        ladder.from(kPbx, ladder.answer(kPbx, prack, 200, {}));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.pass(5s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    void a_caller_who_requires_it_gets_it_from_us() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::require);
        CPPUNIT_ASSERT(sip::has_option(*call.far, HeaderName::supported, "100rel"));
        CPPUNIT_ASSERT(!sip::has_option(*call.far, HeaderName::require, "100rel"));
        ladder.from(kPbx, call.answer(ladder, 180));
        const auto ringing = ladder.to(kOutside);
        CPPUNIT_ASSERT(is_reliable(ringing));
        ladder.from(kOutside, call.prack(ladder, ringing));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kPbx, call.answer(ladder, 200, description(kPbx, 6000)));
        hang_up(ladder, call, ladder.to(kOutside));
    }

    void a_second_response_of_ours_waits_for_the_first() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::require);
        ladder.from(kPbx, call.answer(ladder, 180));
        ladder.from(kPbx, call.answer(ladder, 183, description(kPbx, 6000)));
        const auto ringing = ladder.to(kOutside);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.from(kOutside, call.prack(ladder, ringing));
        const auto next = ladder.to(kOutside), accepted = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(200, (next.status() == 200 ? next : accepted).status());
        const auto& progress = next.status() == 183 ? next : accepted;
        CPPUNIT_ASSERT_EQUAL(183, progress.status());
        CPPUNIT_ASSERT_EQUAL(*base::to_number<std::uint32_t>(ringing.value(HeaderName::rseq)) + 1,
                             *base::to_number<std::uint32_t>(progress.value(HeaderName::rseq)));
    }

    void what_waits_when_the_answer_comes_is_too_late() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::require);
        ladder.from(kPbx, call.answer(ladder, 180));
        ladder.from(kPbx, call.answer(ladder, 183, description(kPbx, 6000)));
        ladder.from(kPbx, call.answer(ladder, 200, description(kPbx, 6000)));
        ladder.acknowledge();
        const auto ringing = ladder.to(kOutside), ok = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        ladder.from(kOutside, ladder.within(call.invite, ok, "ACK"));
        ladder.skip(kPbx);
        ladder.from(kOutside, call.prack(ladder, ringing));
        CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::prack);
        ladder.pass(40s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
        hang_up(ladder, call, ok);
    }

    void an_offer_in_a_prack_that_only_we_know_is_488() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::require);
        ladder.from(kPbx, call.answer(ladder, 183, description(kPbx, 6000)));
        auto prack = call.prack(ladder, ladder.to(kOutside));
        prack.set_body(description(kOutside, 4000, "sendonly"), "application/sdp");
        ladder.from(kOutside, prack);
        CPPUNIT_ASSERT_EQUAL(488, ladder.to(kOutside).status());
        ladder.pass(4s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside) && ladder.quiet(kPbx));
    }

    void without_an_offer_nothing_of_ours_is_reliable_but_the_answer() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::require, "desk", true);
        ladder.from(kPbx, call.answer(ladder, 180));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.from(kPbx, call.answer(ladder, 200, description(kPbx, 6000)));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
    }

    void an_offer_in_a_response_is_answered_in_its_prack() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported, "desk", true);
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        ladder.acknowledge();
        const auto progress = ladder.to(kOutside);
        CPPUNIT_ASSERT(is_reliable(progress) && progress.body().find("203.0.113.1") != std::string::npos);
        auto prack = call.prack(ladder, progress);
        prack.set_body(description(kOutside, 4000), "application/sdp");
        ladder.from(kOutside, prack);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(far.body().find("198.51.100.1") != std::string::npos);
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, {}));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        ladder.from(kPbx, call.answer(ladder, 200, description(kPbx, 7000)));   // of no meaning any more
        ladder.acknowledge();
        const auto ok = ladder.to(kOutside);
        CPPUNIT_ASSERT(ok.status() == 200 && ok.body().empty());
        hang_up(ladder, call, ok);
    }

    void a_failed_target_takes_its_dialog_with_it() {
        Ladder ladder;
        Ringing call(ladder, HeaderName::supported, "twice");
        ladder.from(kPbx, reliable(call.answer(ladder, 183, description(kPbx, 6000)), 7));
        const auto first = ladder.to(kOutside);
        ladder.from(kPbx, call.answer(ladder, 503));
        ladder.acknowledge();
        ladder.pass(3s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
        const auto far = ladder.to(kSpare);
        ladder.from(kOutside, call.prack(ladder, first));
        CPPUNIT_ASSERT_EQUAL(481, ladder.to(kOutside).status());
        ladder.from(kSpare, reliable(ladder.answer(kSpare, far, 183, "spare", description(kSpare, 6000)), 3));
        const auto second = ladder.to(kOutside);
        CPPUNIT_ASSERT(second.to_tag() != first.to_tag());
        ladder.from(kSpare, ladder.answer(kSpare, far, 486, "spare"));
        CPPUNIT_ASSERT_EQUAL(486, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void off_at_the_callee_keeps_it_from_hearing_of_it() {
        Ladder ladder("[peers.mute]\nzone = \"inside\"\nuri = \"sip:198.51.100.12:5060\"\nreliable = \"off\"\n"
                      "[[routes]]\nname = \"back\"\nfrom = \"inside\"\nto = [\"mute\"]\n");
        auto invite = ladder.invite(kPbx, "desk", description(kPbx, 4000));
        invite.add(HeaderName::supported, "timer, 100rel");
        ladder.from(kPbx, invite);
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("timer"),
                             std::string(ladder.to("198.51.100.12:5060").value(HeaderName::supported)));
    }

    static constexpr std::string_view kCaller =
        "[peers.phone]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\nreliable = ";

    void off_at_the_caller_refuses_who_requires_it() {
        Ladder ladder(std::string(kCaller) + "\"off\"\n");
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add(HeaderName::require, "100rel");
        ladder.from(kOutside, invite);
        ladder.to(kOutside);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(420, refused.status());
        CPPUNIT_ASSERT_EQUAL(std::string("100rel"), std::string(refused.value(HeaderName::unsupported)));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void require_at_the_caller_refuses_who_lacks_it() {
        Ladder ladder(std::string(kCaller) + "\"require\"\n");
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        ladder.to(kOutside);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(421, refused.status());
        CPPUNIT_ASSERT_EQUAL(std::string("100rel"), std::string(refused.value(HeaderName::require)));
        Ringing call(ladder, HeaderName::supported);
        ladder.from(kPbx, call.answer(ladder, 180));
        CPPUNIT_ASSERT(is_reliable(ladder.to(kOutside)));
    }

    void require_at_the_callee_is_written_into_the_invite() {
        Ladder ladder("[[routes]]\nname = \"sure\"\nfrom = \"inside\"\nto = [\"spare\"]\nreliable = \"require\"\n");
        ladder.from(kPbx, ladder.invite(kPbx, "desk", description(kPbx, 4000)));
        ladder.acknowledge();
        CPPUNIT_ASSERT(sip::has_option(ladder.to(kSpare), HeaderName::require, "100rel"));
        ladder.from(kPbx, ladder.invite(kPbx, "desk", ""));   // its offer could not be answered in our PRACK
        CPPUNIT_ASSERT(!sip::has_option(ladder.to(kSpare), HeaderName::require, "100rel"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestPrack);

}  // namespace sbc::test
