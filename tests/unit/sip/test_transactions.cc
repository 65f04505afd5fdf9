#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class TransactionsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TransactionsTest);
    CPPUNIT_TEST(another_sent_by_is_another_transaction);
    CPPUNIT_TEST(another_method_is_another_transaction);
    CPPUNIT_TEST(a_peer_without_cookie_is_matched_as_rfc_2543_says);
    CPPUNIT_TEST(a_bare_cookie_names_nothing);
    CPPUNIT_TEST(an_ack_without_cookie_needs_our_to_tag);
    CPPUNIT_TEST(a_cancel_without_cookie_finds_its_invite);
    CPPUNIT_TEST(a_cancel_has_its_200_and_reaches_the_user);
    CPPUNIT_TEST(a_cancel_after_the_answer_has_its_200_only);
    CPPUNIT_TEST(a_cancel_of_nothing_has_481);
    CPPUNIT_TEST(the_same_request_by_another_way_is_merged);
    CPPUNIT_TEST(a_merged_invite_is_acknowledged_and_forgotten);
    CPPUNIT_TEST(after_a_failure_the_next_way_may_be_tried);
    CPPUNIT_TEST(a_request_within_a_dialog_is_never_merged);
    CPPUNIT_TEST(responses_to_nothing_of_ours_are_stray);
    CPPUNIT_TEST(a_response_with_two_vias_is_stray);
    CPPUNIT_TEST(a_branch_names_its_worker);
    CPPUNIT_TEST(the_ack_of_a_2xx_is_sent_and_sent_again);
    CPPUNIT_TEST(stale_ids_are_harmless);
    CPPUNIT_TEST(a_flow_is_known_as_long_as_its_transaction);
    CPPUNIT_TEST(ten_thousand_calls_leave_nothing);
    CPPUNIT_TEST_SUITE_END();

    static void same(std::string_view expected, const std::string& seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), seen);
    }
    static void empty(Ladder& ladder) {
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size());
        CPPUNIT_ASSERT(ladder.layer().counts() == sip::TransactionCounts{});
        CPPUNIT_ASSERT(ladder.layer().next_deadline() == base::kNever);
    }

    // Another way: another branch.
    static Text by_another_way(Text text) {
        text.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKtwo;rport";
        return text;
    }
    static Text without_cookie(Text text) {
        text.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=1";
        return text;
    }

    void another_sent_by_is_another_transaction() {
        Ladder ladder;
        ladder.receive(options());
        Text other = options();
        other.call_id = "call-9";
        other.via = "SIP/2.0/UDP 198.51.100.7:5063;branch=z9hG4bKone;rport";
        same("+OPTIONS@0", ladder.receive(other));
        other = options();
        other.via = "SIP/2.0/UDP 198.51.100.7:5062;rport;branch=z9hG4bKone";  // the same, written otherwise
        same("", ladder.receive(other));
    }

    void another_method_is_another_transaction() {
        Ladder ladder;
        ladder.receive(options());
        Text other = options();
        other.start = "FROBNICATE sip:bob@example.net SIP/2.0";
        other.cseq = "1 FROBNICATE";
        same("+FROBNICATE@0", ladder.receive(other));
        same("", ladder.receive(other));
    }

    void a_peer_without_cookie_is_matched_as_rfc_2543_says() {
        Ladder ladder;
        same("100@0 +INVITE@0", ladder.receive(without_cookie(invite())));
        same("100@0", ladder.receive(without_cookie(invite())));
        Text other = without_cookie(invite());
        other.cseq = "2 INVITE";
        same("100@0 +INVITE@0", ladder.receive(other));
        other.start = "INVITE sip:carol@example.net SIP/2.0";
        other.from_tag = "c";
        same("100@0 +INVITE@0", ladder.receive(other));
    }

    void a_bare_cookie_names_nothing() {
        Ladder ladder;
        Text text = options();
        text.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK;rport";
        same("+OPTIONS@0", ladder.receive(text));
        same("", ladder.receive(text));
        text.cseq = "2 OPTIONS";
        same("+OPTIONS@0", ladder.receive(text));
    }

    void an_ack_without_cookie_needs_our_to_tag() {
        Ladder ladder;
        ladder.receive(without_cookie(invite()));
        ladder.respond(486, "ours");
        same("refused:stray_ack@0", ladder.receive(without_cookie(ack("theirs"))));
        same("", ladder.receive(without_cookie(ack("ours"))));
        same("", ladder.run(5s));
        empty(ladder);
    }

    void a_cancel_without_cookie_finds_its_invite() {
        Ladder ladder;
        ladder.receive(without_cookie(invite()));
        same("200@0 +CANCEL@0", ladder.receive(without_cookie(cancel())));
        same("200@0", ladder.receive(without_cookie(cancel())));
    }

    void a_cancel_has_its_200_and_reaches_the_user() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(180, "tag-of-180");
        same("200@0 +CANCEL@0", ladder.receive(cancel()));
        CPPUNIT_ASSERT(ladder.cancelled == ladder.server);
        CPPUNIT_ASSERT(ladder.last_bytes().find(";tag=tag-of-180\r\n") != std::string::npos);
        CPPUNIT_ASSERT(ladder.last_bytes().find("CSeq: 1 CANCEL\r\n") != std::string::npos);
        same("200@0", ladder.receive(cancel()));
        same("487@0", ladder.respond(487));
        same("", ladder.receive(ack("b")));
        same("", ladder.run(60s));
        empty(ladder);
    }

    void a_cancel_after_the_answer_has_its_200_only() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(200);
        same("200@0", ladder.receive(cancel()));
        ladder.run(60s);
        empty(ladder);
    }

    void a_cancel_of_nothing_has_481() {
        Ladder ladder;
        same("481@0 refused:no_such_dialog@0", ladder.receive(cancel()));
        same("481@0", ladder.receive(cancel()));
        ladder.run(60s);
        empty(ladder);
    }

    void the_same_request_by_another_way_is_merged() {
        Ladder ladder;
        ladder.receive(options());
        same("482@0 refused:merged_request@0", ladder.receive(by_another_way(options())));
        same("482@0", ladder.receive(by_another_way(options())));
        ladder.respond(200);
        Text third = options();
        third.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKthree;rport";
        same("482@0 refused:merged_request@0", ladder.receive(third));
        ladder.run(60s);
        empty(ladder);
        same("+OPTIONS@60000", ladder.receive(by_another_way(options())));
    }

    void a_merged_invite_is_acknowledged_and_forgotten() {
        Ladder ladder;
        ladder.receive(invite());
        same("482@0 refused:merged_request@0", ladder.receive(by_another_way(invite())));
        same("482@500", ladder.run(600ms));
        same("", ladder.receive(by_another_way(ack("x"))));
        Text third = invite();
        third.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKthree;rport";
        ladder.receive(third);  // never acknowledged: the user hears nothing of it
        ladder.mark();
        same("482@500 482@1500 482@3500 482@7500 482@11500 482@15500 482@19500 482@23500 482@27500 482@31500",
             ladder.run(60s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.layer().size());
    }

    // A proxy upstream that tries its targets one after the other may come to us twice.
    void after_a_failure_the_next_way_may_be_tried() {
        Ladder ladder;
        ladder.receive(invite());
        ladder.respond(503);
        same("100@0 +INVITE@0", ladder.receive(by_another_way(invite())));
    }

    void a_request_within_a_dialog_is_never_merged() {
        Ladder ladder;
        Text info = options();
        info.to_tag = "b";
        same("+OPTIONS@0", ladder.receive(info));
        same("+OPTIONS@0", ladder.receive(by_another_way(info)));
    }

    void responses_to_nothing_of_ours_are_stray() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        const std::string sent = ladder.last_bytes();
        sip::Message other_method = answer_to(sent, 200);
        other_method.set(sip::HeaderName::cseq, "7 MESSAGE");
        same("refused:stray_response@0", ladder.receive(std::move(other_method)));
        sip::Message other_branch = answer_to(sent, 200);
        other_branch.set(sip::HeaderName::via, "SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK2anothing");
        same("refused:stray_response@0", ladder.receive(std::move(other_branch)));
        sip::Message no_branch = answer_to(sent, 200);
        no_branch.set(sip::HeaderName::via, "SIP/2.0/UDP 203.0.113.1:5060");
        same("refused:stray_response@0", ladder.receive(std::move(no_branch)));
        same("+200@0", ladder.receive(answer_to(sent, 200)));
    }

    void a_response_with_two_vias_is_stray() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        sip::Message two = answer_to(ladder.last_bytes(), 200);
        two.add(sip::HeaderName::via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx");
        same("refused:stray_response@0", ladder.receive(std::move(two)));
        two = answer_to(ladder.last_bytes(), 200);
        two.set(sip::HeaderName::via, std::string(two.value(sip::HeaderName::via)) + ", SIP/2.0/UDP 192.0.2.1");
        same("refused:stray_response@0", ladder.receive(std::move(two)));
    }

    void a_branch_names_its_worker() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        const std::string& sent = ladder.last_bytes();
        CPPUNIT_ASSERT(sent.find("Via: SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK2a") != std::string::npos);
        CPPUNIT_ASSERT(sent.find(";rport\r\n") != std::string::npos);
        const auto worker = sip::Transactions::worker_of_branch(sent.substr(sent.find("z9hG4bK")));
        CPPUNIT_ASSERT(worker == base::WorkerId{0x2a});
        CPPUNIT_ASSERT(!sip::Transactions::worker_of_branch("z9hG4bK"));
        CPPUNIT_ASSERT(!sip::Transactions::worker_of_branch("z9hG4bK2"));
        CPPUNIT_ASSERT(!sip::Transactions::worker_of_branch("z9hG4bKxy1"));
        CPPUNIT_ASSERT(!sip::Transactions::worker_of_branch("1"));
    }

    void the_ack_of_a_2xx_is_sent_and_sent_again() {
        Ladder ladder;
        const auto bytes = ladder.layer().send_ack(outgoing(sip::Method::ack), udp_flow(), {}).bytes;
        ladder.layer().send_again(bytes, udp_flow());
        const auto sends = ladder.layer().take_sends();
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, sends.size());
        CPPUNIT_ASSERT(sends[0].bytes == sends[1].bytes && sends[0].bytes == bytes);
        CPPUNIT_ASSERT(bytes->find("branch=z9hG4bK2a") != std::string::npos);
        empty(ladder);
    }

    void stale_ids_are_harmless() {
        Ladder ladder;
        ladder.receive(options(), tcp_flow());
        const sip::ServerId stale = ladder.server;
        ladder.respond(200);
        Text next = options();
        next.cseq = "2 OPTIONS";
        next.via = "SIP/2.0/TCP 198.51.100.7:5062;branch=z9hG4bKnext";
        ladder.receive(next, tcp_flow());  // in the same slot
        CPPUNIT_ASSERT(stale != ladder.server);
        same("", ladder.respond(stale, 200));
        CPPUNIT_ASSERT(!ladder.layer().flow_of(stale));
        CPPUNIT_ASSERT(ladder.layer().respond_with(stale, 404, "b").headers().empty());
        same("200@0", ladder.respond(200));
        same("", ladder.respond({}, 200));
        ladder.layer().abandon({});
        ladder.layer().cancel({}, {}, ladder.now());
        empty(ladder);
    }

    void a_flow_is_known_as_long_as_its_transaction() {
        Ladder ladder;
        ladder.receive(invite());
        CPPUNIT_ASSERT(*ladder.layer().flow_of(ladder.server) == udp_flow());
        ladder.respond(200);
        CPPUNIT_ASSERT(ladder.layer().flow_of(ladder.server));
        ladder.run(32s);
        CPPUNIT_ASSERT(!ladder.layer().flow_of(ladder.server));
    }

    void ten_thousand_calls_leave_nothing() {
        Ladder ladder;
        for (int i = 0; i < 10'000; ++i) {
            Text text = invite();
            text.call_id = "call-" + std::to_string(i);
            text.via = "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK" + std::to_string(i);
            const base::Flow flow = i % 3 ? udp_flow() : tcp_flow(static_cast<std::uint64_t>(i % 7));
            ladder.receive(text, flow);
            ladder.request(sip::Method::invite, flow);
            const std::string sent = ladder.last_bytes();
            if (i % 2) ladder.receive(answer_to(sent, 180), flow);
            if (i % 5 == 0) ladder.cancel();
            if (i % 4 == 1) ladder.receive(answer_to(sent, 200), flow);
            if (i % 4 == 2) ladder.receive(answer_to(sent, 603), flow);
            ladder.respond(i % 4 == 1 ? 200 : 603);
            ladder.sends.clear();
            if (i % 100 == 0) ladder.run(10ms);
        }
        ladder.fail(tcp_flow(3));
        ladder.run(100s);
        // What was answered with a provisional response waits for the transaction user alone.
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().counts().invite_servers);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().counts().non_invite_clients);
        ladder.fail(udp_flow());
        for (std::uint64_t i = 0; i < 7; ++i) ladder.fail(tcp_flow(i));
        ladder.run(100s);
        empty(ladder);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TransactionsTest);

}  // namespace
