// A caller without an offer towards a side that wants one (RFC 3261, 13.2.1): our offer, its answer as the caller's offer,
// the caller's answer, and what is done where the three do not fit.
#include <cppunit/extensions/HelperMacros.h>

#include "sip/option_tags.hh"
#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

constexpr std::string_view kEarly =
    "[[routes]]\nname = \"early\"\nfrom = \"inside\"\nto = [\"spare\"]\noffer = \"early\"\n";

std::string audio(std::string_view host, std::string_view formats, std::string_view more = {}) {
    const std::string address(host.substr(0, host.find(':')));
    std::string text = "v=0\r\no=- 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP " +
                       std::string(formats) + "\r\n";
    for (const int number : {96, 101})
        if (formats.find(std::to_string(number)) != formats.npos)
            text += "a=rtpmap:" + std::to_string(number) + " telephone-event/8000\r\n";
    return text.append(more);
}

bool offers(const Message& message, std::string_view formats) {
    return message.body().find(" RTP/AVP " + std::string(formats) + "\r\n") != std::string::npos;
}

// The PBX calls the spare, without an offer.
struct Late {
    explicit Late(Ladder& ladder_, std::optional<HeaderName> list = {}) : ladder(ladder_), invite(ladder.invite(kPbx, "desk", {})) {
        if (list) invite.add(*list, "100rel");
        ladder.from(kPbx, invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        far = ladder.to(kSpare);
    }
    const Message& answered(std::string body, std::string_view tag = "spare") {
        ladder.from(kSpare, Ladder::answer(kSpare, *far, 200, tag, std::move(body)));
        ladder.acknowledge();
        return ok.emplace(ladder.to(kPbx));
    }
    void ack(std::string body) {
        auto message = ladder.within(invite, *ok, "ACK");
        if (!body.empty()) message.set_body(std::move(body), "application/sdp");
        ladder.from(kPbx, message);
        ladder.acknowledge();
        const auto far_ack = ladder.to(kSpare);
        CPPUNIT_ASSERT(far_ack.method() == Method::ack && far_ack.body().empty());
    }
    void talk(std::string_view formats = "8 0 101") {
        answered(audio(kSpare, formats));
        ack(audio(kPbx, formats));
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
    }
    void hang_up() {
        ladder.from(kPbx, ladder.within(invite, *ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        const auto bye = ladder.to(kSpare);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ladder.from(kSpare, Ladder::answer(kSpare, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }
    // Both sides hear that nothing could be agreed on.
    void ends_without_agreement() {
        for (const auto peer : {kPbx, kSpare}) {
            const auto bye = ladder.to(peer);
            CPPUNIT_ASSERT(bye.method() == Method::bye);
            CPPUNIT_ASSERT(bye.value(HeaderName::reason).starts_with("SIP;cause=488"));
            ladder.from(peer, Ladder::answer(peer, bye, 200, {}));
        }
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }
    Ladder& ladder;
    Message invite;
    std::optional<Message> far, ok;
};

Message reliable(Message response, unsigned rseq) {
    response.add(HeaderName::require, "100rel");
    response.add(HeaderName::rseq, std::to_string(rseq));
    return response;
}

}  // namespace

class TestOwnOffer : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestOwnOffer);
    CPPUNIT_TEST(the_answer_to_our_offer_is_the_callers_offer);
    CPPUNIT_TEST(no_port_is_open_before_the_caller_hears_of_it);
    CPPUNIT_TEST(the_policy_says_what_is_offered);
    CPPUNIT_TEST(a_body_of_another_kind_crosses_as_it_came);
    CPPUNIT_TEST(fewer_codecs_are_brought_to_the_callee);
    CPPUNIT_TEST(so_are_other_numbers_and_another_direction);
    CPPUNIT_TEST(a_callee_who_will_not_have_it_ends_the_call);
    CPPUNIT_TEST(a_callee_who_takes_less_ends_the_call);
    CPPUNIT_TEST(after_491_it_is_asked_again);
    CPPUNIT_TEST(a_new_offer_of_the_caller_takes_its_place);
    CPPUNIT_TEST(an_ack_without_the_answer_ends_the_call);
    CPPUNIT_TEST(an_ack_that_refuses_all_ends_the_call);
    CPPUNIT_TEST(an_answer_without_a_description_is_declined);
    CPPUNIT_TEST(a_caller_without_100rel_hears_of_it_in_the_answer);
    CPPUNIT_TEST(a_caller_with_100rel_answers_in_its_prack);
    CPPUNIT_TEST(what_a_prack_leaves_out_is_told_once_the_call_stands);
    CPPUNIT_TEST(a_prack_crosses_where_both_have_it);
    CPPUNIT_TEST(a_caller_who_requires_100rel_hears_nothing_without_an_offer);
    CPPUNIT_TEST(each_fork_answers_our_offer);
    CPPUNIT_TEST(the_next_target_gets_its_own);
    CPPUNIT_TEST(a_reinvite_without_an_offer_takes_the_call_off_hold);
    CPPUNIT_TEST(a_refused_reinvite_leaves_all_as_it_was);
    CPPUNIT_TEST(a_callers_ack_after_a_crash_ends_the_story);
    CPPUNIT_TEST(what_is_to_be_told_is_told_after_a_crash);
    CPPUNIT_TEST_SUITE_END();

    void the_answer_to_our_offer_is_the_callers_offer() {
        Ladder ladder(kEarly);
        Late call(ladder);
        CPPUNIT_ASSERT(offers(*call.far, "8 0 101"));
        CPPUNIT_ASSERT(call.far->body().find("c=IN IP4 198.51.100.1\r\n") != std::string::npos);
        const auto& ok = call.answered(audio(kSpare, "8 101"));
        CPPUNIT_ASSERT(offers(ok, "8 101"));
        CPPUNIT_ASSERT(ok.body().find("c=IN IP4 198.51.100.1\r\n") != std::string::npos);
        call.ack(audio(kPbx, "101 8"));
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
        ladder.media("198.51.100.10:4000", ok);
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.11:4000"), ladder.heard().at(0).to.to_string());
        call.hang_up();
    }

    void no_port_is_open_before_the_caller_hears_of_it() {
        Ladder ladder(kEarly);
        Late call(ladder);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ladder.open());   // RTP and RTCP of the callee
        ladder.from(kSpare, Ladder::answer(kSpare, *call.far, 200, "spare", audio(kSpare, "8")));
        CPPUNIT_ASSERT(ladder.kernel_is_asked() && ladder.quiet(kPbx));
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ladder.open());
        call.ok = ladder.to(kPbx);
        call.ack(audio(kPbx, "8"));
        call.hang_up();
    }

    void the_policy_says_what_is_offered() {
        Ladder ladder("[[routes]]\nname = \"early\"\nfrom = \"inside\"\nto = [\"spare\"]\noffer = [\"G722\", \"opus\"]\n");
        Late call(ladder);
        CPPUNIT_ASSERT(offers(*call.far, "9 96"));
        CPPUNIT_ASSERT(call.far->body().find("a=rtpmap:96 opus/48000/2\r\n") != std::string::npos);
    }

    void a_body_of_another_kind_crosses_as_it_came() {
        Ladder ladder(kEarly);
        auto invite = ladder.invite(kPbx, "desk", {});
        invite.set_body("x\r\n", "application/x-own");
        ladder.from(kPbx, invite);
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(std::string("x\r\n"), std::string(ladder.to(kSpare).body()));
    }

    void fewer_codecs_are_brought_to_the_callee() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0 101"));
        call.ack(audio(kPbx, "0"));
        const auto again = ladder.to(kSpare);
        CPPUNIT_ASSERT(again.method() == Method::invite && offers(again, "0") && again.cseq() > call.far->cseq());
        ladder.from(kSpare, Ladder::answer(kSpare, again, 200, {}, audio(kSpare, "0")));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        ladder.pass(10s);
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
        call.hang_up();
    }

    void so_are_other_numbers_and_another_direction() {
        struct Case { const char *callee, *caller, *more, *told; };
        for (const auto& [callee, caller, more, told] : {Case{"8 96", "8 96", "", "8 96"}, Case{"8", "8", "a=recvonly\r\n", "8"}}) {
            Ladder ladder(kEarly);
            Late call(ladder);
            call.answered(audio(kSpare, callee));
            call.ack(audio(kPbx, caller, more));
            const auto again = ladder.to(kSpare);
            CPPUNIT_ASSERT(again.method() == Method::invite && offers(again, told));
            CPPUNIT_ASSERT(again.body().find(more) != std::string::npos);
            ladder.from(kSpare, Ladder::answer(kSpare, again, 200, {}, audio(kSpare, told)));
            CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
            call.hang_up();
        }
    }

    void a_callee_who_will_not_have_it_ends_the_call() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0 101"));
        call.ack(audio(kPbx, "0"));
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 488, {}));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        call.ends_without_agreement();
    }

    void a_callee_who_takes_less_ends_the_call() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0 101"));
        call.ack(audio(kPbx, "0 8"));
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 200, {}, audio(kSpare, "8")));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        call.ends_without_agreement();
    }

    void after_491_it_is_asked_again() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0 101"));
        call.ack(audio(kPbx, "0"));
        for (int i = 0; i < 2; ++i) {
            const auto again = ladder.to(kSpare);
            CPPUNIT_ASSERT(again.method() == Method::invite && offers(again, "0"));
            ladder.skip(kSpare);                             // it was sent again meanwhile
            ladder.from(kSpare, Ladder::answer(kSpare, again, 491, {}));
            CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack && ladder.quiet(kSpare));
            ladder.pass(4s);
        }
        const auto last = ladder.to(kSpare);
        ladder.skip(kSpare);
        ladder.from(kSpare, Ladder::answer(kSpare, last, 200, {}, audio(kSpare, "0")));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        call.hang_up();
    }

    void a_new_offer_of_the_caller_takes_its_place() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0 101"));
        call.ack(audio(kPbx, "0"));
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 491, {}));
        ladder.skip(kSpare);
        auto offer = ladder.within(call.invite, *call.ok, "INVITE");
        offer.set_body(audio(kPbx, "0"), "application/sdp");
        ladder.from(kPbx, offer);
        ladder.skip(kPbx);
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 200, {}, audio(kSpare, "0")));
        ladder.from(kPbx, ladder.within(offer, ladder.to(kPbx), "ACK"));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        ladder.pass(10s), CPPUNIT_ASSERT(ladder.quiet(kSpare));
        call.hang_up();
    }

    void an_ack_without_the_answer_ends_the_call() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8"));
        call.ack({});
        call.ends_without_agreement();
    }

    void an_ack_that_refuses_all_ends_the_call() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8"));
        call.ack("v=0\r\no=- 1 1 IN IP4 198.51.100.10\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\n");
        call.ends_without_agreement();
    }

    void an_answer_without_a_description_is_declined() {
        Ladder ladder(kEarly);
        Late call(ladder);
        CPPUNIT_ASSERT_EQUAL(500, call.answered({}).status());
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        const auto bye = ladder.to(kSpare);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ladder.from(kSpare, Ladder::answer(kSpare, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    void a_caller_without_100rel_hears_of_it_in_the_answer() {
        Ladder ladder("[[routes]]\nname = \"early\"\nfrom = \"inside\"\nto = [\"spare\"]\noffer = \"early\"\nreliable = \"require\"\n");
        Late call(ladder);
        ladder.from(kSpare, reliable(Ladder::answer(kSpare, *call.far, 183, "spare", audio(kSpare, "8")), 7));
        const auto prack = ladder.to(kSpare);
        CPPUNIT_ASSERT(prack.method() == Method::prack && prack.body().empty());
        const auto progress = ladder.to(kPbx);
        CPPUNIT_ASSERT(progress.status() == 183 && progress.body().empty() && !progress.has(HeaderName::rseq));
        ladder.from(kSpare, Ladder::answer(kSpare, prack, 200, {}));
        CPPUNIT_ASSERT(offers(call.answered({}), "8"));   // it was said already
        call.ack(audio(kPbx, "8"));
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        call.hang_up();
    }

    // Up to the PRACK's 200; what the caller heard reliably.
    static Message pracked(Late& call, std::string_view callee, std::string_view caller) {
        auto& ladder = call.ladder;
        ladder.from(kSpare, Ladder::answer(kSpare, *call.far, 183, "spare", audio(kSpare, callee)));
        ladder.acknowledge();
        auto progress = ladder.to(kPbx);
        CPPUNIT_ASSERT(progress.has(HeaderName::rseq) && offers(progress, callee));
        auto prack = ladder.within(call.invite, progress, "PRACK");
        prack.add(HeaderName::rack, std::string(progress.value(HeaderName::rseq)) + ' ' + std::string(call.invite.value(HeaderName::cseq)));
        prack.set_body(audio(kPbx, caller), "application/sdp");
        ladder.from(kPbx, prack);
        ladder.acknowledge();
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        return progress;
    }

    void a_caller_with_100rel_answers_in_its_prack() {
        Ladder ladder(kEarly);
        Late call(ladder, HeaderName::supported);
        pracked(call, "8 101", "8 101");
        ladder.media("198.51.100.11:4000", *call.far);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.heard().size());   // early media
        CPPUNIT_ASSERT(call.answered(audio(kSpare, "8 101")).body().empty());
        call.ack({});
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        call.hang_up();
    }

    void what_a_prack_leaves_out_is_told_once_the_call_stands() {
        Ladder ladder(kEarly);
        Late call(ladder, HeaderName::supported);
        pracked(call, "8 0 101", "0");
        call.answered(audio(kSpare, "8 0 101"));
        call.ack({});
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 200, {}, audio(kSpare, "0")));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        call.hang_up();
    }

    void a_prack_crosses_where_both_have_it() {
        Ladder ladder(kEarly);
        Late call(ladder, HeaderName::supported);
        ladder.from(kSpare, reliable(Ladder::answer(kSpare, *call.far, 180, "spare"), 6));   // no offer for the caller
        const auto first = ladder.to(kSpare);
        CPPUNIT_ASSERT(first.method() == Method::prack && first.value(HeaderName::rack).starts_with("6 "));
        ladder.from(kSpare, Ladder::answer(kSpare, first, 200, {}));
        const auto ringing = ladder.to(kPbx);
        CPPUNIT_ASSERT(ringing.status() == 180 && !ringing.has(HeaderName::rseq));
        ladder.from(kSpare, reliable(Ladder::answer(kSpare, *call.far, 183, "spare", audio(kSpare, "8")), 7));
        ladder.acknowledge();
        const auto progress = ladder.to(kPbx);
        CPPUNIT_ASSERT(progress.has(HeaderName::rseq) && offers(progress, "8"));
        auto prack = ladder.within(call.invite, progress, "PRACK");
        prack.add(HeaderName::rack, std::string(progress.value(HeaderName::rseq)) + ' ' + std::string(call.invite.value(HeaderName::cseq)));
        prack.set_body(audio(kPbx, "8"), "application/sdp");
        ladder.from(kPbx, prack);
        ladder.acknowledge();
        const auto second = ladder.to(kSpare);
        CPPUNIT_ASSERT(second.value(HeaderName::rack).starts_with("7 ") && second.body().empty());
        ladder.from(kSpare, Ladder::answer(kSpare, second, 200, {}));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(call.answered({}).body().empty());
        call.ack({});
        call.hang_up();
    }

    void a_caller_who_requires_100rel_hears_nothing_without_an_offer() {
        Ladder ladder(kEarly);
        Late call(ladder, HeaderName::require);
        ladder.from(kSpare, Ladder::answer(kSpare, *call.far, 180, "spare"));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kSpare, reliable(Ladder::answer(kSpare, *call.far, 180, "spare"), 6));
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        ladder.from(kSpare, Ladder::answer(kSpare, ladder.to(kSpare), 200, {}));
        CPPUNIT_ASSERT(offers(call.answered(audio(kSpare, "8")), "8"));
        call.ack(audio(kPbx, "8"));
        call.hang_up();
    }

    void each_fork_answers_our_offer() {
        Ladder ladder(kEarly);
        Late call(ladder, HeaderName::supported);
        for (const char* tag : {"one", "two"}) {
            ladder.from(kSpare, Ladder::answer(kSpare, *call.far, 183, tag, audio(kSpare, "8 0 101")));
            ladder.acknowledge();
            CPPUNIT_ASSERT(offers(ladder.to(kPbx), "8 0 101"));
        }
        ladder.from(kSpare, Ladder::answer(kSpare, *call.far, 200, "three", audio(kSpare, "8")));
        ladder.acknowledge();
        call.ok = ladder.to(kPbx);
        CPPUNIT_ASSERT(offers(*call.ok, "8"));
        call.ack(audio(kPbx, "8"));
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        call.hang_up();
    }

    void the_next_target_gets_its_own() {
        Ladder ladder("[peers.third]\nzone = \"inside\"\nuri = \"sip:198.51.100.12:5060\"\n"
                      "[[routes]]\nname = \"early\"\nfrom = \"inside\"\nto = [\"third\", \"spare\"]\noffer = \"early\"\n"
                      "failover = { codes = [503] }\n");
        auto invite = ladder.invite(kPbx, "desk", {});
        ladder.from(kPbx, invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        const auto first = ladder.to("198.51.100.12:5060");
        CPPUNIT_ASSERT(offers(first, "8 0 101"));
        ladder.from("198.51.100.12:5060", Ladder::answer("198.51.100.12:5060", first, 503, "third"));
        ladder.acknowledge();
        CPPUNIT_ASSERT(offers(ladder.to(kSpare), "8 0 101"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ladder.open());
        ladder.from(kPbx, Ladder::cancel(invite));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    // A re-INVITE of the caller up to its answer.
    static Message reinvited(Late& call, std::string body, std::string_view asked, std::string answer) {
        auto& ladder = call.ladder;
        auto invite = ladder.within(call.invite, *call.ok, "INVITE");
        if (!body.empty()) invite.set_body(std::move(body), "application/sdp");
        ladder.from(kPbx, invite);
        ladder.skip(kPbx);
        ladder.acknowledge();
        const auto far = ladder.to(kSpare);
        CPPUNIT_ASSERT(far.body().find(asked) != std::string::npos);
        ladder.from(kSpare, Ladder::answer(kSpare, far, answer.empty() ? 488 : 200, {}, answer));
        ladder.acknowledge();
        auto heard = ladder.to(kPbx);
        if (heard.status() >= 300) {
            CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
            return heard;
        }
        auto ack = ladder.within(invite, heard, "ACK");
        if (call.invite.body().empty() && invite.body().empty()) ack.set_body(audio(kPbx, "8"), "application/sdp");
        ladder.from(kPbx, ack);
        const auto far_ack = ladder.to(kSpare);
        CPPUNIT_ASSERT(far_ack.method() == Method::ack && far_ack.body().empty());
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
        return heard;
    }

    void a_reinvite_without_an_offer_takes_the_call_off_hold() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.talk("8");
        const auto open = ladder.open();
        reinvited(call, audio(kPbx, "8", "a=inactive\r\n"), "a=inactive\r\n", audio(kSpare, "8", "a=inactive\r\n"));
        const auto ok = reinvited(call, {}, " RTP/AVP 8\r\n", audio(kSpare, "8"));
        CPPUNIT_ASSERT(offers(ok, "8") && ok.body().find("inactive") == std::string::npos);
        CPPUNIT_ASSERT_EQUAL(open, ladder.open());
        ladder.media("198.51.100.10:4000", ok);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.heard().size());
        call.hang_up();
    }

    void a_refused_reinvite_leaves_all_as_it_was() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.talk("8");
        const auto open = ladder.open();
        CPPUNIT_ASSERT_EQUAL(488, reinvited(call, {}, " RTP/AVP ", {}).status());
        CPPUNIT_ASSERT_EQUAL(open, ladder.open());
        ladder.media("198.51.100.10:4000", *call.ok);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.heard().size());
        call.hang_up();
    }

    void a_callers_ack_after_a_crash_ends_the_story() {
        for (const bool fits : {true, false}) {
            Ladder ladder(kEarly);
            Late call(ladder);
            call.answered(audio(kSpare, "8 0"));
            ladder.crash(kEarly);
            call.ack(audio(kPbx, fits ? "8 0" : "0"));
            if (!fits) {
                const auto again = ladder.to(kSpare);
                CPPUNIT_ASSERT(again.method() == Method::invite && offers(again, "0"));
                ladder.from(kSpare, Ladder::answer(kSpare, again, 200, {}, audio(kSpare, "0")));
                CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
            }
            CPPUNIT_ASSERT(ladder.quiet(kSpare));
            call.hang_up();
        }
    }

    void what_is_to_be_told_is_told_after_a_crash() {
        Ladder ladder(kEarly);
        Late call(ladder);
        call.answered(audio(kSpare, "8 0"));
        call.ack(audio(kPbx, "0"));
        const auto lost = ladder.to(kSpare);
        ladder.crash(kEarly);
        ladder.pass(1s);
        const auto again = ladder.to(kSpare);
        CPPUNIT_ASSERT(again.method() == Method::invite && offers(again, "0") && again.cseq() > lost.cseq());
        ladder.skip(kSpare);
        ladder.from(kSpare, Ladder::answer(kSpare, again, 200, {}, audio(kSpare, "0")));
        CPPUNIT_ASSERT(ladder.to(kSpare).method() == Method::ack);
        ladder.crash(kEarly);
        ladder.pass(1s);
        CPPUNIT_ASSERT(ladder.quiet(kSpare));
        call.hang_up();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestOwnOffer);

}  // namespace sbc::test
