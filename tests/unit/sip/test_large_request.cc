// RFC 3261, 18.1.1: what is too large for a datagram goes by a stream, and as a datagram where there is none.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class LargeRequestTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LargeRequestTest);
    CPPUNIT_TEST(what_fits_is_a_datagram_and_one_byte_more_is_not);
    CPPUNIT_TEST(a_refused_stream_is_a_datagram_at_once);
    CPPUNIT_TEST(a_silent_stream_is_a_datagram_after_a_while);
    CPPUNIT_TEST(what_the_stream_answers_needs_no_datagram);
    CPPUNIT_TEST(a_stream_that_dies_after_its_100_fails);
    CPPUNIT_TEST(ack_and_cancel_go_the_way_that_the_invite_went);
    CPPUNIT_TEST(another_method_waits_for_the_failure_of_its_stream);
    CPPUNIT_TEST_SUITE_END();

    static void same(std::string_view expected, const std::string& seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), seen);
    }
    static void empty(Ladder& ladder) { CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size()); }
    static std::string via_of(const std::string& bytes) {
        const auto at = bytes.find("Via: ");
        return bytes.substr(at, bytes.find("\r\n", at) - at);
    }
    static std::string branch_of(const std::string& bytes) {
        const auto via = via_of(bytes);
        return via.substr(via.find("branch="), via.find(";rport") - via.find("branch="));
    }
    static sip::StreamWay stream(std::size_t above = 1300) { return {tcp_flow(0), "203.0.113.1:5070", above}; }
    static sip::Message large(sip::Method method) {
        auto message = outgoing(method);
        message.set_body(std::string(1300, 'x'), "text/plain");
        return message;
    }
    static bool went_by(const sip::Send& send, base::Transport transport) {
        const auto via = via_of(*send.bytes);
        const bool udp = transport == base::Transport::udp;
        return send.flow.transport == transport && via.starts_with(udp ? "Via: SIP/2.0/UDP 203.0.113.1:5060;" :
                                                                         "Via: SIP/2.0/TCP 203.0.113.1:5070;") &&
               (via.find("rport") != via.npos) == udp;
    }

    void what_fits_is_a_datagram_and_one_byte_more_is_not() {
        Ladder measured;
        measured.request(large(sip::Method::invite), udp_flow(), stream(100000));
        CPPUNIT_ASSERT(went_by(measured.sends.back(), base::Transport::udp));
        const auto size = measured.last_bytes().size();
        CPPUNIT_ASSERT(size > 1300);
        for (const std::size_t above : {size, size - 1}) {
            Ladder ladder;
            same("INVITE@0", ladder.request(large(sip::Method::invite), udp_flow(), stream(above)));
            CPPUNIT_ASSERT(went_by(ladder.sends.back(), above == size ? base::Transport::udp : base::Transport::tcp));
        }
        Ladder small;
        small.request(outgoing(sip::Method::invite), udp_flow(), stream());
        CPPUNIT_ASSERT(went_by(small.sends.back(), base::Transport::udp));
    }

    void a_refused_stream_is_a_datagram_at_once() {
        Ladder ladder;
        same("INVITE@0", ladder.request(large(sip::Method::invite), udp_flow(), stream()));
        same("INVITE@0 stream_refused@0", ladder.fail(tcp_flow(0)));
        CPPUNIT_ASSERT(went_by(ladder.sends[0], base::Transport::tcp) && went_by(ladder.sends[1], base::Transport::udp));
        CPPUNIT_ASSERT(*ladder.sends[0].bytes != *ladder.sends[1].bytes);
        CPPUNIT_ASSERT_EQUAL(via_of(*ladder.sends[0].bytes).substr(via_of(*ladder.sends[0].bytes).find("branch=")),
                             branch_of(*ladder.sends[1].bytes));
        same("INVITE@500", ladder.run(600ms));
        same("", ladder.fail(tcp_flow(0)));                       // it is no way of this transaction any more
        same("client_failed:transport_failed@600", ladder.fail(udp_flow()));
        empty(ladder);
    }

    void a_silent_stream_is_a_datagram_after_a_while() {
        Ladder ladder;
        ladder.request(large(sip::Method::invite), udp_flow(), stream());
        same("", ladder.run(1999ms));
        same("INVITE@2000 stream_refused@2000 INVITE@2500", ladder.run(1000ms));
        same("INVITE@3500 INVITE@5500 INVITE@9500 INVITE@17500 INVITE@33500 client_failed:request_timeout@34000",
             ladder.run(60s));
        empty(ladder);
    }

    void what_the_stream_answers_needs_no_datagram() {
        Ladder ladder;
        ladder.request(large(sip::Method::invite), udp_flow(), stream());
        same("+100@0", ladder.receive(answer_to(ladder.last_bytes(), 100), tcp_flow()));
        same("", ladder.run(60s));
        same("+200@60000", ladder.receive(answer_to(ladder.last_bytes(), 200), tcp_flow()));
        ladder.run(60s);
        empty(ladder);
    }

    void a_stream_that_dies_after_its_100_fails() {
        Ladder ladder;
        ladder.request(large(sip::Method::invite), udp_flow(), stream());
        ladder.receive(answer_to(ladder.last_bytes(), 100), tcp_flow());
        same("client_failed:transport_failed@0", ladder.fail(tcp_flow(0)));
        empty(ladder);
    }

    void ack_and_cancel_go_the_way_that_the_invite_went() {
        for (const bool refused : {false, true}) {
            Ladder ladder;
            ladder.request(large(sip::Method::invite), udp_flow(), stream());
            if (refused) ladder.fail(tcp_flow(0));
            const auto by = refused ? base::Transport::udp : base::Transport::tcp;
            const auto invite = ladder.last_bytes();
            ladder.receive(answer_to(invite, 180), refused ? udp_flow() : tcp_flow());
            same("CANCEL@0", ladder.cancel());
            CPPUNIT_ASSERT(went_by(ladder.sends.back(), by));
            same("ACK@0 +487@0", ladder.receive(answer_to(invite, 487), refused ? udp_flow() : tcp_flow()));
            CPPUNIT_ASSERT(went_by(ladder.sends.back(), by));
            CPPUNIT_ASSERT_EQUAL(via_of(invite), via_of(ladder.last_bytes()));
            ladder.run(60s);
            empty(ladder);
        }
    }

    void another_method_waits_for_the_failure_of_its_stream() {
        Ladder ladder;
        same("OPTIONS@0", ladder.request(large(sip::Method::options), udp_flow(), stream()));
        CPPUNIT_ASSERT(went_by(ladder.sends.back(), base::Transport::tcp));
        same("", ladder.run(5s));
        same("OPTIONS@5000 stream_refused@5000", ladder.fail(tcp_flow(0)));
        CPPUNIT_ASSERT(went_by(ladder.sends.back(), base::Transport::udp));
        same("OPTIONS@5500", ladder.run(600ms));
        same("+200@5600", ladder.receive(answer_to(ladder.last_bytes(), 200)));
        ladder.run(60s);
        empty(ladder);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LargeRequestTest);

}  // namespace
