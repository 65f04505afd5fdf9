// Requests that are too large for a datagram (RFC 3261, 18.1.1): by TCP to whom it may be, else as they were.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using base::Transport;
using sip::HeaderName;
using sip::Message;

class TestLargeRequest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestLargeRequest);
    CPPUNIT_TEST(a_large_request_goes_by_tcp_and_its_dialog_as_before);
    CPPUNIT_TEST(who_refuses_tcp_gets_datagrams_for_a_while);
    CPPUNIT_TEST(the_policy_says_who_gets_datagrams_only_and_what_fits);
    CPPUNIT_TEST(a_phone_behind_nat_gets_datagrams);
    CPPUNIT_TEST(a_large_ack_goes_by_tcp_and_as_a_datagram_where_that_was_in_vain);
    CPPUNIT_TEST(a_large_ack_is_sent_again_after_a_crash);
    CPPUNIT_TEST(a_large_message_outside_a_dialog_falls_back_too);
    CPPUNIT_TEST_SUITE_END();

    static constexpr std::string_view kThird = "198.51.100.12:5060";

    static std::string peer_that(std::string_view says, std::string_view uri_parameter = "") {
        return "[peers.third]\nzone = \"inside\"\nuri = \"sip:198.51.100.12" + std::string(uri_parameter) + "\"\n" +
               std::string(says) + "\n[[routes]]\nname = \"third\"\nfrom = \"inside\"\nto = [\"third\"]\n";
    }

    static std::string large_offer(std::string_view peer, std::size_t more = 1000) {
        return description(peer, 4000) + "a=tool:" + std::string(more, 'x') + "\r\n";
    }

    static void end(Ladder& ladder, std::string_view callee, const Message& far) {
        ladder.from(callee, ladder.answer(callee, far, 486, "busy"));
        for (const auto peer : {kPbx, kSpare, kThird, kOutside}) ladder.skip(peer);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }

    // By which transport a large call from inside arrives at the third peer.
    static Transport arrives_by(Ladder& ladder, std::size_t more = 1000) {
        const auto invite = ladder.invite(kSpare, "desk", large_offer(kSpare, more));
        ladder.from(kSpare, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kThird);
        const auto transport = ladder.transport();
        CPPUNIT_ASSERT(far.serialize().size() > more);
        CPPUNIT_ASSERT_EQUAL(std::string(transport == Transport::tcp ? "SIP/2.0/TCP" : "SIP/2.0/UDP"),
                             std::string(far.value(HeaderName::via).substr(0, 11)));
        end(ladder, kThird, far);
        return transport;
    }

    void a_large_request_goes_by_tcp_and_its_dialog_as_before() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", large_offer(kOutside));
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.transport() == Transport::tcp);
        CPPUNIT_ASSERT(far.value(HeaderName::contact).find("transport") == std::string_view::npos);
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, "far", description(kPbx, 5000)));
        ladder.acknowledge();
        ladder.skip(kOutside);
        ladder.from(kPbx, ladder.backwards(kPbx, far, "BYE", "far"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kPbx).status());
        CPPUNIT_ASSERT(ladder.transport() == Transport::udp);
        CPPUNIT_ASSERT(ladder.records().size() == 1);
    }

    void who_refuses_tcp_gets_datagrams_for_a_while() {
        Ladder ladder;
        const auto call = [&](bool refuse) {
            ladder.from(kOutside, ladder.invite(kOutside, "desk", large_offer(kOutside)));
            ladder.acknowledge();
            auto far = ladder.to(kPbx);
            const auto first = ladder.transport();
            if (refuse) {
                CPPUNIT_ASSERT(first == Transport::tcp && ladder.quiet(kPbx));
                ladder.refuse_stream();
                far = ladder.to(kPbx);
                CPPUNIT_ASSERT(ladder.transport() == Transport::udp);
            }
            end(ladder, kPbx, far);
            return first;
        };
        call(true);
        CPPUNIT_ASSERT(call(false) == Transport::udp);
        ladder.pass(10min);
        CPPUNIT_ASSERT(call(true) == Transport::tcp);
    }

    void the_policy_says_who_gets_datagrams_only_and_what_fits() {
        const auto by = [](const std::string& policy, std::size_t more = 1000) {
            Ladder ladder(policy);
            return arrives_by(ladder, more);
        };
        CPPUNIT_ASSERT(by(peer_that("")) == Transport::tcp);
        CPPUNIT_ASSERT(by(peer_that(""), 100) == Transport::udp);
        CPPUNIT_ASSERT(by(peer_that("", ";transport=udp")) == Transport::udp);
        CPPUNIT_ASSERT(by(peer_that("large_requests = \"udp\"")) == Transport::udp);
        CPPUNIT_ASSERT(by(peer_that("large_requests = \"tcp\"", ";transport=udp")) == Transport::tcp);
        CPPUNIT_ASSERT(by(peer_that("mtu = 9000")) == Transport::udp);
        CPPUNIT_ASSERT(by(peer_that("mtu = 576"), 100) == Transport::tcp);
    }

    void a_phone_behind_nat_gets_datagrams() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, "far", description(kPbx, 5000)));
        ladder.acknowledge();
        ladder.skip(kOutside);
        auto info = ladder.backwards(kPbx, far, "INFO", "far");
        info.set_body(std::string(2000, 'x'), "text/plain");
        ladder.from(kPbx, info);
        CPPUNIT_ASSERT_EQUAL(std::string_view("INFO"), ladder.to(kOutside).method_text());
        CPPUNIT_ASSERT(ladder.transport() == Transport::udp);
    }

    // An ACK with the answer to a late offer; the 2xx that it answers.
    static Message large_ack(Ladder& ladder, std::size_t more = 1000) {
        const auto invite = ladder.invite(kOutside, "desk", {});
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        auto far_ok = ladder.answer(kPbx, far, 200, "far", description(kPbx, 5000));
        ladder.from(kPbx, far_ok);
        ladder.acknowledge();
        ladder.to(kOutside);
        auto ack = ladder.within(invite, ladder.to(kOutside), "ACK");
        ack.set_body(large_offer(kOutside, more), "application/sdp");
        ladder.from(kOutside, ack);
        ladder.acknowledge();
        return far_ok;
    }

    void a_large_ack_goes_by_tcp_and_as_a_datagram_where_that_was_in_vain() {
        Ladder ladder;
        const auto far_ok = large_ack(ladder);
        const auto ack = ladder.to(kPbx);
        CPPUNIT_ASSERT(ack.method() == sip::Method::ack && ladder.transport() == Transport::tcp);
        CPPUNIT_ASSERT(ack.value(HeaderName::via).starts_with("SIP/2.0/TCP"));
        for (int i = 0; i < 2; ++i) {
            ladder.from(kPbx, far_ok);
            const auto again = ladder.to(kPbx);
            CPPUNIT_ASSERT(ladder.transport() == Transport::udp && again.value(HeaderName::via).starts_with("SIP/2.0/UDP"));
            CPPUNIT_ASSERT_EQUAL(std::string(ack.body()), std::string(again.body()));
        }
        Ladder small;
        large_ack(small, 100);
        small.to(kPbx);
        CPPUNIT_ASSERT(small.transport() == Transport::udp);
    }

    void a_large_ack_is_sent_again_after_a_crash() {
        Ladder ladder;
        const auto far_ok = large_ack(ladder);
        const auto ack = ladder.to(kPbx);
        ladder.crash();
        ladder.from(kPbx, far_ok);
        const auto again = ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.transport() == Transport::udp && again.value(HeaderName::via).starts_with("SIP/2.0/UDP"));
        CPPUNIT_ASSERT_EQUAL(std::string(ack.body()), std::string(again.body()));
    }

    void a_large_message_outside_a_dialog_falls_back_too() {
        Ladder ladder;
        auto message = ladder.request(kOutside, "MESSAGE", "sip:desk@203.0.113.1");
        message.set_body(std::string(1300, 'x'), "text/plain");
        ladder.from(kOutside, message);
        ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.transport() == Transport::tcp);
        ladder.refuse_stream();
        const auto again = ladder.to(kPbx);
        CPPUNIT_ASSERT(ladder.transport() == Transport::udp);
        ladder.from(kPbx, ladder.answer(kPbx, again, 200, "far"));
        CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestLargeRequest);

}  // namespace sbc::test
