// MUSTs of RFC 3261 that no story's own test shows (docs/conformance.md).
#include <cppunit/extensions/HelperMacros.h>

#include "sbc/stateless.hh"
#include "tests/unit/sbc/accounts.hh"
#include "tests/unit/sbc/talk.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

class TestConformance : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestConformance);
    CPPUNIT_TEST(no_bye_before_the_answer_is_acknowledged);
    CPPUNIT_TEST(a_bye_that_nobody_answers_ends_the_call);
    CPPUNIT_TEST(what_is_under_way_is_answered_when_the_call_ends);
    CPPUNIT_TEST(requests_of_a_dialog_are_numbered_one_by_one);
    CPPUNIT_TEST(a_change_that_is_refused_moves_no_target);
    CPPUNIT_TEST(an_answer_of_no_use_is_acknowledged_and_ends_the_call);
    CPPUNIT_TEST(an_offer_of_no_use_is_answered_in_the_ack_and_ended);
    CPPUNIT_TEST(an_ack_that_nobody_waited_for_proves_itself_too);
    CPPUNIT_TEST(a_request_of_no_dialog_is_481);
    CPPUNIT_TEST(what_makes_a_dialog_has_contact_and_record_route);
    CPPUNIT_TEST(a_sips_contact_is_called_with_a_sips_contact);
    CPPUNIT_TEST(what_is_not_known_counts_as_its_class);
    CPPUNIT_TEST(what_a_response_should_not_say_is_not_read);
    CPPUNIT_TEST(require_in_cancel_and_ack_says_nothing);
    CPPUNIT_TEST(options_that_require_what_we_lack_are_420);
    CPPUNIT_TEST(a_method_that_no_rule_names_is_405_with_allow);
    CPPUNIT_TEST(a_packed_description_is_415);
    CPPUNIT_TEST(a_stream_is_told_its_source_without_a_transaction_too);
    CPPUNIT_TEST_SUITE_END();

    // A call that has come to the PBX.
    struct Ringing {
        explicit Ringing(Ladder& ladder_, std::string body = description(kOutside, 4000))
            : ladder(ladder_), invite(ladder.invite(kOutside, "desk", std::move(body))), far(arrive()) {}
        Message arrive() const {
            ladder.from(kOutside, invite);
            ladder.skip(kOutside);
            ladder.acknowledge();
            return ladder.to(kPbx);
        }
        // The caller's next message is the response to what the PBX says.
        Message heard(int status, std::string body = {}) const {
            ladder.from(kPbx, Ladder::answer(kPbx, far, status, "pbx", std::move(body)));
            ladder.acknowledge();
            return ladder.to(kOutside);
        }
        Ladder& ladder;
        Message invite, far;
    };

    static void same(std::string_view expected, std::string_view seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), std::string(seen));
    }
    static Message hold(Ladder& ladder, const Talk& talk) {
        auto message = ladder.within(talk.invite, *talk.ok, "INVITE");
        message.set_body(description(kOutside, 4000, "sendonly"), "application/sdp");
        return message;
    }

    // 15: the callee's BYE overtakes the caller's ACK.
    void no_bye_before_the_answer_is_acknowledged() {
        Ladder ladder;
        const Ringing call(ladder);
        const auto ok = call.heard(200, description(kPbx, 6000));
        ladder.from(kPbx, ladder.backwards(kPbx, call.far, "BYE", "pbx"));
        ladder.pass(2s);
        while (!ladder.quiet(kOutside)) CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());   // repeated, and no BYE
        ladder.from(kOutside, ladder.ack(call.invite, ok));
        const auto bye = ladder.to(kOutside);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ladder.from(kOutside, ladder.answer(kOutside, bye, 200, {}));
        ladder.skip(kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }

    // 15.1.1: the session is over with the request, whatever becomes of it.
    void a_bye_that_nobody_answers_ends_the_call() {
        Ladder ladder;
        const Talk talk(ladder);
        ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "BYE"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::bye);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.open());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().streams);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    // 15.1.2: a change of the session meets its end.
    void what_is_under_way_is_answered_when_the_call_ends() {
        Ladder ladder;
        const Talk talk(ladder);
        const auto change = hold(ladder, talk);
        ladder.from(kOutside, change);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 180, {}));
        ladder.skip(kOutside);
        ladder.from(kPbx, ladder.backwards(kPbx, *talk.far, "BYE", "pbx"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        ladder.from(kPbx, Ladder::answer(kPbx, far, 487, {}));
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::ack);
        const auto bye = ladder.to(kOutside);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        const auto answer = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(487, answer.status());
        ladder.from(kOutside, Ladder::ack(change, answer));
        ladder.from(kOutside, Ladder::answer(kOutside, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    // 12.2.1.1, whatever numbers the other side counts with.
    void requests_of_a_dialog_are_numbered_one_by_one() {
        Ladder ladder;
        const Talk talk(ladder);
        for (std::uint32_t i = 1; i <= 3; ++i) {
            ladder.from(kOutside, ladder.within(talk.invite, *talk.ok, "INFO"));
            const auto info = ladder.to(kPbx);
            CPPUNIT_ASSERT_EQUAL(talk.far->cseq() + i, info.cseq());
            CPPUNIT_ASSERT(info.call_id() == talk.far->call_id() && info.from_tag() == talk.far->from_tag() && info.to_tag() == "pbx");
            ladder.from(kPbx, Ladder::answer(kPbx, info, 200, {}));
        }
        end_from_outside(ladder, talk);
    }

    // 12.2.2: a request that is refused changes nothing, and one that is accepted all that it says.
    void a_change_that_is_refused_moves_no_target() {
        for (const int status : {488, 200}) {
            Ladder ladder;
            const Talk talk(ladder);
            auto change = hold(ladder, talk);
            change.set(HeaderName::contact, "<sip:moved@203.0.113.20:5060>");
            ladder.from(kOutside, change);
            ladder.skip(kOutside);
            ladder.acknowledge();
            const auto far = ladder.to(kPbx);
            ladder.from(kPbx, Ladder::answer(kPbx, far, status, {}, status == 200 ? description(kPbx, 6000, "recvonly") : ""));
            ladder.acknowledge();
            const auto answer = ladder.to(kOutside);
            CPPUNIT_ASSERT_EQUAL(status, answer.status());
            ladder.from(kOutside, status == 200 ? [&] {
                auto ack = ladder.within(talk.invite, *talk.ok, "ACK");
                ack.set(HeaderName::cseq, std::to_string(change.cseq()) + " ACK");
                return ack;
            }() : Ladder::ack(change, answer));
            ladder.skip(kPbx);
            ladder.from(kPbx, ladder.backwards(kPbx, *talk.far, "INFO", "pbx"));
            same(status == 200 ? "sip:moved@203.0.113.20:5060" : "sip:phone@203.0.113.20:5060", ladder.to(kOutside).request_uri());
        }
    }

    // 13.2.2.4, 14.1: media at an address that nobody may send to.
    void an_answer_of_no_use_is_acknowledged_and_ends_the_call() {
        Ladder ladder;
        const Talk talk(ladder);
        const auto change = hold(ladder, talk);
        ladder.from(kOutside, change);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 200, {}, description("127.0.0.1", 6000)));
        const auto ack = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ack.cseq() == far.cseq() && ack.body().empty());
        const auto there = ladder.to(kPbx), answer = ladder.to(kOutside), here = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(500, answer.status());
        CPPUNIT_ASSERT(there.method() == Method::bye && here.method() == Method::bye);
        ladder.from(kOutside, Ladder::ack(change, answer));
        ladder.from(kOutside, Ladder::answer(kOutside, here, 200, {}));
        ladder.from(kPbx, Ladder::answer(kPbx, there, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    // 13.2.2.4: the ACK has an answer all the same, then a BYE follows.
    void an_offer_of_no_use_is_answered_in_the_ack_and_ended() {
        Ladder ladder;
        const Ringing call(ladder, "");
        CPPUNIT_ASSERT_EQUAL(500, call.heard(200, description("127.0.0.1", 6000)).status());
        const auto ack = ladder.to(kPbx), bye = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.method() == Method::ack && bye.method() == Method::bye);
        CPPUNIT_ASSERT(ack.body().find("m=audio 0 RTP/AVP 0\r\n") != std::string::npos);
        CPPUNIT_ASSERT(ack.body().find("127.0.0.1") == std::string::npos);
        ladder.from(kPbx, Ladder::answer(kPbx, bye, 200, {}));
        CPPUNIT_ASSERT(ladder.is_empty_after(80s));
    }

    // 13.2.2.4: the ACK has the credentials of its INVITE, where the caller has gone meanwhile too.
    void an_ack_that_nobody_waited_for_proves_itself_too() {
        const Secret password("s3cret\n");
        Ladder ladder(carrier_policy(password));
        const auto invite = ladder.invite(kPbx, "0123", description(kPbx, 6000));
        ladder.from(kPbx, invite);
        ladder.acknowledge();
        ladder.from(kCarrier, challenged(kCarrier, ladder.to(kCarrier), 407, {challenge("carrier", "n")}));
        ladder.to(kCarrier);
        const auto far = ladder.to(kCarrier);
        ladder.from(kPbx, Ladder::cancel(invite));
        ladder.from(kCarrier, Ladder::answer(kCarrier, far, 200, "carrier", description(kCarrier, 7000)));
        const auto ack = ladder.to(kCarrier);
        CPPUNIT_ASSERT(ack.method() == Method::ack && ladder.to(kCarrier).method() == Method::bye);
        CPPUNIT_ASSERT(!ack.value(HeaderName::proxy_authorization).empty());
        same(far.value(HeaderName::proxy_authorization), ack.value(HeaderName::proxy_authorization));
    }

    // 12.2.2, 15.1.2: whoever has one tag wrong is a stranger, and the call goes on.
    void a_request_of_no_dialog_is_481() {
        Ladder ladder;
        const Talk talk(ladder);
        for (const auto id : {HeaderName::from, HeaderName::to, HeaderName::call_id}) {
            auto bye = ladder.within(talk.invite, *talk.ok, "BYE");
            bye.set(id, std::string(bye.value(id)) + "x");
            ladder.from(kOutside, bye);
            CPPUNIT_ASSERT_EQUAL(481, ladder.to(kOutside).status());
        }
        CPPUNIT_ASSERT(ladder.quiet(kPbx));
        end_from_outside(ladder, talk);
    }

    // 8.1.1.8, 12.1.2
    void a_sips_contact_is_called_with_a_sips_contact() {
        for (const std::string scheme : {"sip", "sips"}) {
            Ladder ladder;
            auto request = ladder.request(kOutside, "REGISTER", "sip:203.0.113.1");
            request.set(HeaderName::to, "<sip:ann@203.0.113.1>");
            request.set(HeaderName::contact, "<" + scheme + ":ann@203.0.113.20:5060>");
            ladder.from(kOutside, request);
            const auto far = ladder.to(kPbx);
            auto ok = Ladder::answer(kPbx, far, 200, "reg");
            const std::string contact(far.value(HeaderName::contact));
            ok.set(HeaderName::contact, contact + ";expires=600");
            ladder.from(kPbx, ok);
            ladder.skip(kOutside);
            auto invite = ladder.invite(kPbx, "x", description(kPbx, 6000));
            invite.set_request_uri(contact.substr(1, contact.find('>') - 1));
            ladder.from(kPbx, invite);
            ladder.acknowledge();
            const auto called = ladder.to(kOutside);
            same(scheme + ":ann@203.0.113.20:5060", called.request_uri());
            CPPUNIT_ASSERT(called.value(HeaderName::contact).starts_with("<" + scheme + ":"));
        }
    }

    // 12.1.1, 8.1.1, 8.2.6.2, 13.3.1.1
    void what_makes_a_dialog_has_contact_and_record_route() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add(HeaderName::record_route, "<sip:p2.example.com;lr;x=y>;z");
        invite.add(HeaderName::record_route, "<sip:p1.example.com;lr>");
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(!far.has(HeaderName::record_route) && far.items(HeaderName::contact).size() == 1);
        CPPUNIT_ASSERT(far.to_tag().empty() && !far.from_tag().empty() && far.has(HeaderName::max_forwards));
        std::string tag;
        for (const int status : {180, 183, 200}) {
            ladder.from(kPbx, Ladder::answer(kPbx, far, status, "pbx", status == 200 ? description(kPbx, 6000) : ""));
            ladder.acknowledge();
            const auto heard = ladder.to(kOutside);
            CPPUNIT_ASSERT_EQUAL(status, heard.status());
            CPPUNIT_ASSERT(heard.items(HeaderName::contact).size() == 1 && heard.value(HeaderName::contact).starts_with("<sip:"));
            CPPUNIT_ASSERT(heard.items(HeaderName::record_route) == invite.items(HeaderName::record_route));
            for (const auto id : {HeaderName::from, HeaderName::call_id, HeaderName::cseq}) same(invite.value(id), heard.value(id));
            CPPUNIT_ASSERT(!heard.to_tag().empty() && (tag.empty() || tag == heard.to_tag()));
            tag = heard.to_tag();
        }
    }

    // 8.1.3.2
    void what_is_not_known_counts_as_its_class() {
        for (const int status : {299, 399, 499, 599, 699}) {
            Ladder ladder;
            const Ringing call(ladder);
            CPPUNIT_ASSERT_EQUAL(155, call.heard(155).status());
            const auto heard = call.heard(status, status == 299 ? description(kPbx, 6000) : "");
            CPPUNIT_ASSERT_EQUAL(status == 399 ? 480 : status, heard.status());
            CPPUNIT_ASSERT(status == 299 || ladder.to(kPbx).method() == Method::ack);
            ladder.from(kOutside, status == 299 ? ladder.within(call.invite, heard, "ACK") : Ladder::ack(call.invite, heard));
            CPPUNIT_ASSERT(status != 299 || ladder.to(kPbx).method() == Method::ack);
        }
    }

    // 7.3.2, 20: what is for requests only.
    void what_a_response_should_not_say_is_not_read() {
        Ladder ladder;
        const Ringing call(ladder);
        auto ok = Ladder::answer(kPbx, call.far, 200, "pbx", description(kPbx, 6000));
        ok.add(HeaderName::route, "<sip:198.51.100.99;lr>");
        ok.add(HeaderName::max_forwards, "0");
        ladder.from(kPbx, ok);
        ladder.acknowledge();
        const auto heard = ladder.to(kOutside);
        CPPUNIT_ASSERT(heard.status() == 200 && !heard.has(HeaderName::route) && !heard.has(HeaderName::max_forwards));
        ladder.from(kOutside, ladder.within(call.invite, heard, "ACK"));
        const auto ack = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.method() == Method::ack && !ack.has(HeaderName::route));
    }

    // 8.2.2.3: nothing may be required there, and whoever does is not refused.
    void require_in_cancel_and_ack_says_nothing() {
        Ladder ladder;
        const Ringing call(ladder);
        auto cancel = Ladder::cancel(call.invite);
        for (const auto id : {HeaderName::require, HeaderName::proxy_require}) cancel.add(id, "nonsense");
        ladder.from(kOutside, cancel);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(487, refused.status());
        auto ack = Ladder::ack(call.invite, refused);
        ack.add(HeaderName::proxy_require, "nonsense");
        ladder.from(kOutside, ack);
        ladder.pass(3s);
        CPPUNIT_ASSERT(ladder.quiet(kOutside));
    }

    // 8.2.2.3, 21.4.15, where we are whom it asks.
    void options_that_require_what_we_lack_are_420() {
        Ladder ladder;
        auto request = ladder.request(kOutside, "OPTIONS", "sip:203.0.113.1");
        request.add(HeaderName::require, "100rel, nothingSupportsThis");
        request.add(HeaderName::require, "orThat, timer");
        ladder.from(kOutside, request);
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(420, refused.status());
        same("nothingSupportsThis, orThat", refused.value(HeaderName::unsupported));
        request = ladder.request(kOutside, "OPTIONS", "sip:203.0.113.1");
        request.add(HeaderName::require, "100rel");
        ladder.from(kOutside, request);
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        ladder.b2bua().drain(true);   // an INVITE would be refused (11.2)
        ladder.from(kOutside, ladder.request(kOutside, "OPTIONS", "sip:203.0.113.1"));
        CPPUNIT_ASSERT_EQUAL(503, ladder.to(kOutside).status());
    }

    // 8.2.1, 21.4.6
    void a_method_that_no_rule_names_is_405_with_allow() {
        Ladder ladder("[zones.third]\nlisten = [\"udp:192.0.2.1:5060\"]\nmedia = { address = \"192.0.2.1\", ports = \"41000-41039\" }\n"
                      "[[access]]\nfrom = \"third\"\nsource = [\"192.0.2.0/24\"]\nmethods = [\"INVITE\", \"BYE\", \"MESSAGE\"]\n");
        ladder.from("192.0.2.7:5060", ladder.request("192.0.2.7:5060", "SUBSCRIBE", "sip:desk@192.0.2.1"));
        const auto refused = ladder.to("192.0.2.7:5060");
        CPPUNIT_ASSERT_EQUAL(405, refused.status());
        same("INVITE, ACK, CANCEL, BYE, MESSAGE", refused.value(HeaderName::allow));
    }

    // 8.2.3
    void a_packed_description_is_415() {
        Ladder ladder;
        auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        invite.add(HeaderName::content_encoding, "gzip");
        ladder.from(kOutside, invite);
        CPPUNIT_ASSERT_EQUAL(100, ladder.to(kOutside).status());
        const auto refused = ladder.to(kOutside);
        CPPUNIT_ASSERT_EQUAL(415, refused.status());
        same("identity", refused.value(HeaderName::accept_encoding));
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.is_empty_after(40s));
    }

    // 18.2.1, over every transport
    void a_stream_is_told_its_source_without_a_transaction_too() {
        Ladder ladder;
        auto request = ladder.request(kOutside, "OPTIONS", "sip:203.0.113.1");
        request.set(HeaderName::via, "SIP/2.0/TCP pc.example.com;branch=z9hG4bKx, SIP/2.0/UDP further.example.com");
        base::Flow flow;
        flow.transport = base::Transport::tcp;
        flow.remote = *base::Endpoint::parse(kOutside);
        const auto made = respond_statelessly(request, flow, 403);
        CPPUNIT_ASSERT(made && made->way == flow);
        const auto vias = made->message.items(HeaderName::via);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, vias.size());
        same("SIP/2.0/TCP pc.example.com;branch=z9hG4bKx;received=203.0.113.20", vias[0]);
        same("SIP/2.0/UDP further.example.com", vias[1]);
        CPPUNIT_ASSERT(made->message.to_tag() == respond_statelessly(request, flow, 403)->message.to_tag());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestConformance);

}  // namespace sbc::test
