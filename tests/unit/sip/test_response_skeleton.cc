#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class ResponseSkeletonTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ResponseSkeletonTest);
    CPPUNIT_TEST(rport_is_filled_and_answered_to);
    CPPUNIT_TEST(without_rport_the_answer_goes_to_the_port_of_sent_by);
    CPPUNIT_TEST(without_any_port_the_answer_goes_to_5060);
    CPPUNIT_TEST(received_is_written_for_a_name_and_not_for_the_source_itself);
    CPPUNIT_TEST(a_received_that_the_peer_made_up_is_put_right);
    CPPUNIT_TEST(maddr_sends_nothing_elsewhere);
    CPPUNIT_TEST(a_stream_is_answered_on_itself);
    CPPUNIT_TEST(further_vias_stay_as_they_are);
    CPPUNIT_TEST(record_route_is_for_what_makes_a_dialog);
    CPPUNIT_TEST(a_to_tag_is_added_only_where_none_was);
    CPPUNIT_TEST_SUITE_END();

    static std::string via_of(const std::string& bytes) {
        const auto at = bytes.find("Via: ") + 5;
        return bytes.substr(at, bytes.find("\r\n", at) - at);
    }
    struct Answered { std::string via; base::Flow flow; };
    static Answered answered(const std::string& via, const base::Flow& flow = udp_flow()) {
        Ladder ladder;
        Text text = options();
        text.via = via;
        ladder.receive(text, flow);
        ladder.respond(200);
        return {via_of(ladder.last_bytes()), ladder.sends.back().flow};
    }
    static void same(const std::string& expected, const std::string& seen) { CPPUNIT_ASSERT_EQUAL(expected, seen); }

    void rport_is_filled_and_answered_to() {
        const auto got = answered("SIP/2.0/UDP 10.0.0.1:5099;rport;branch=z9hG4bKone");
        same("SIP/2.0/UDP 10.0.0.1:5099;rport=5062;branch=z9hG4bKone;received=198.51.100.7", got.via);
        CPPUNIT_ASSERT(got.flow == udp_flow());
        same("SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKone;rport=5062;received=198.51.100.7",
             answered("SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKone;rport").via);
    }

    void without_rport_the_answer_goes_to_the_port_of_sent_by() {
        const auto got = answered("SIP/2.0/UDP 10.0.0.1:5099;branch=z9hG4bKone");
        same("198.51.100.7:5099", got.flow.remote.to_string());
        same("SIP/2.0/UDP 10.0.0.1:5099;branch=z9hG4bKone;received=198.51.100.7", got.via);
    }

    void without_any_port_the_answer_goes_to_5060() {
        same("198.51.100.7:5060", answered("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKone").flow.remote.to_string());
    }

    void received_is_written_for_a_name_and_not_for_the_source_itself() {
        same("SIP/2.0/UDP pc.example.com;branch=z9hG4bKone;received=198.51.100.7",
             answered("SIP/2.0/UDP pc.example.com;branch=z9hG4bKone").via);
        same("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKone",
             answered("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKone").via);
    }

    void a_received_that_the_peer_made_up_is_put_right() {
        same("SIP/2.0/UDP 198.51.100.7;received=198.51.100.7;branch=z9hG4bKone",
             answered("SIP/2.0/UDP 198.51.100.7;received=192.0.2.66;branch=z9hG4bKone").via);
        same("SIP/2.0/UDP 198.51.100.7;rport=5062;branch=z9hG4bKone;received=198.51.100.7",
             answered("SIP/2.0/UDP 198.51.100.7;rport=1;branch=z9hG4bKone").via);
    }

    void maddr_sends_nothing_elsewhere() {
        same("198.51.100.7:5062",
             answered("SIP/2.0/UDP 198.51.100.7:5062;maddr=192.0.2.66;branch=z9hG4bKone").flow.remote.to_string());
    }

    void a_stream_is_answered_on_itself() {
        CPPUNIT_ASSERT(answered("SIP/2.0/TCP 10.0.0.1:5099;branch=z9hG4bKone", tcp_flow()).flow == tcp_flow());
    }

    void further_vias_stay_as_they_are() {
        Ladder ladder;
        Text text = options();
        text.via = "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKone, SIP/2.0/TCP b.example.com;branch=z9hG4bKb\r\n"
                   "Via: SIP/2.0/UDP c.example.com;branch=z9hG4bKc";
        ladder.receive(text);
        ladder.respond(200);
        CPPUNIT_ASSERT(ladder.last_bytes().find(
            "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKone, SIP/2.0/TCP b.example.com;branch=z9hG4bKb\r\n"
            "Via: SIP/2.0/UDP c.example.com;branch=z9hG4bKc\r\n") != std::string::npos);
    }

    void record_route_is_for_what_makes_a_dialog() {
        const std::string routes = "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>\r\n"
                                   "Record-Route: <sip:p0.example.com;lr>\r\n";
        const auto has = [&](const Text& base, int status) {
            Ladder ladder;
            Text text = base;
            text.more = routes;
            ladder.receive(text);
            return ladder.layer().respond_with(ladder.server, status, "b").serialize().find(routes) != std::string::npos;
        };
        CPPUNIT_ASSERT(has(invite(), 180) && has(invite(), 200));
        CPPUNIT_ASSERT(!has(invite(), 100) && !has(invite(), 486) && !has(options(), 200));
        Text again = invite();
        again.to_tag = "b";
        CPPUNIT_ASSERT(!has(again, 200));
    }

    void a_to_tag_is_added_only_where_none_was() {
        Ladder ladder;
        ladder.receive(options());
        CPPUNIT_ASSERT_EQUAL(std::string("b"), std::string(ladder.layer().respond_with(ladder.server, 200, "b").to_tag()));
        CPPUNIT_ASSERT(ladder.layer().respond_with(ladder.server, 200, {}).to_tag().empty());
        Text text = options();
        text.to_tag = "theirs";
        text.cseq = "2 OPTIONS";
        text.via = "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKtwo";
        ladder.receive(text);
        const auto response = ladder.layer().respond_with(ladder.server, 200, "b", "Fine");
        same("<sip:bob@example.net>;tag=theirs", std::string(response.value(sip::HeaderName::to)));
        same("Fine", std::string(response.reason_phrase()));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResponseSkeletonTest);

}  // namespace
