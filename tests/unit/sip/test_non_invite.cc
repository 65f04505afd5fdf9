#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sip/ladder.hh"

using namespace sip_test;

namespace {

class NonInviteTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(NonInviteTest);
    CPPUNIT_TEST(e_doubles_up_to_t2_until_f_gives_up);
    CPPUNIT_TEST(e_is_t2_after_a_provisional_response);
    CPPUNIT_TEST(over_a_stream_there_is_no_e_and_no_k);
    CPPUNIT_TEST(over_a_stream_f_gives_up);
    CPPUNIT_TEST(k_absorbs_repeated_answers);
    CPPUNIT_TEST(what_comes_back_fails_the_client);
    CPPUNIT_TEST(a_dead_flow_fails_the_client);
    CPPUNIT_TEST(a_repeated_request_gets_nothing_before_a_response);
    CPPUNIT_TEST(a_repeated_request_gets_the_last_response_until_j);
    CPPUNIT_TEST(over_a_stream_j_is_zero);
    CPPUNIT_TEST(a_second_final_response_is_not_sent);
    CPPUNIT_TEST(every_provisional_response_passes_both_ways);
    CPPUNIT_TEST(a_dead_stream_fails_the_server);
    CPPUNIT_TEST_SUITE_END();

    static void same(std::string_view expected, const std::string& seen) {
        CPPUNIT_ASSERT_EQUAL(std::string(expected), seen);
    }
    static void empty(Ladder& ladder) { CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.layer().size()); }

    void e_doubles_up_to_t2_until_f_gives_up() {
        Ladder ladder;
        same("OPTIONS@0", ladder.request(sip::Method::options));
        same("OPTIONS@500 OPTIONS@1500 OPTIONS@3500 OPTIONS@7500 OPTIONS@11500 OPTIONS@15500 OPTIONS@19500 "
             "OPTIONS@23500 OPTIONS@27500 OPTIONS@31500 client_failed:request_timeout@32000", ladder.run(60s));
        empty(ladder);
    }

    void e_is_t2_after_a_provisional_response() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        same("OPTIONS@500", ladder.run(600ms));
        same("+100@600", ladder.receive(answer_to(ladder.last_bytes(), 100)));
        same("OPTIONS@1500 OPTIONS@5500 OPTIONS@9500 OPTIONS@13500 OPTIONS@17500 OPTIONS@21500 OPTIONS@25500 "
             "OPTIONS@29500 client_failed:request_timeout@32000", ladder.run(60s));
        empty(ladder);
    }

    void over_a_stream_there_is_no_e_and_no_k() {
        Ladder ladder;
        ladder.request(sip::Method::options, tcp_flow());
        same("", ladder.run(30s));
        same("+200@30000", ladder.receive(answer_to(ladder.last_bytes(), 200), tcp_flow()));
        empty(ladder);
    }

    void over_a_stream_f_gives_up() {
        Ladder ladder;
        ladder.request(sip::Method::bye, tcp_flow());
        same("client_failed:request_timeout@32000", ladder.run(60s));
        empty(ladder);
    }

    void k_absorbs_repeated_answers() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        const std::string sent = ladder.last_bytes();
        same("+200@0", ladder.receive(answer_to(sent, 200)));
        same("", ladder.run(4999ms));
        same("", ladder.receive(answer_to(sent, 200)));
        same("", ladder.run(1ms));
        empty(ladder);
        same("refused:stray_response@5000", ladder.receive(answer_to(sent, 200)));
    }

    void what_comes_back_fails_the_client() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        const std::string sent = ladder.last_bytes();
        same("", ladder.come_back("INVITE" + sent.substr(sent.find(' '))));
        same("client_failed:transport_failed@0", ladder.come_back(sent));
        empty(ladder);
    }

    void a_dead_flow_fails_the_client() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        same("client_failed:transport_failed@0", ladder.fail(udp_flow()));
        empty(ladder);
        ladder.request(sip::Method::options);
        ladder.receive(answer_to(ladder.last_bytes(), 200));
        same("", ladder.fail(udp_flow()));
    }

    void a_repeated_request_gets_nothing_before_a_response() {
        Ladder ladder;
        same("+OPTIONS@0", ladder.receive(options()));
        same("", ladder.receive(options()));
        same("", ladder.run(60s));
        same("200@60000", ladder.respond(200));
    }

    void a_repeated_request_gets_the_last_response_until_j() {
        Ladder ladder;
        ladder.receive(options());
        same("182@0", ladder.respond(182));
        same("182@0", ladder.receive(options()));
        same("200@0", ladder.respond(200));
        same("", ladder.run(31999ms));
        same("200@31999", ladder.receive(options()));
        same("", ladder.run(1ms));
        empty(ladder);
        same("+OPTIONS@32000", ladder.receive(options()));
    }

    void over_a_stream_j_is_zero() {
        Ladder ladder;
        ladder.receive(options(), tcp_flow());
        same("200@0", ladder.respond(200));
        empty(ladder);
    }

    void a_second_final_response_is_not_sent() {
        Ladder ladder;
        ladder.receive(options());
        const sip::Message late = ladder.layer().respond_with(ladder.server, 500, "b");
        ladder.respond(200);
        ladder.layer().respond(ladder.server, late, ladder.now());
        CPPUNIT_ASSERT(ladder.layer().take_sends().empty());
        same("200@0", ladder.receive(options()));
    }

    void every_provisional_response_passes_both_ways() {
        Ladder ladder;
        ladder.request(sip::Method::options);
        const std::string sent = ladder.last_bytes();
        for (const int status : {100, 182, 183}) same("+" + std::to_string(status) + "@0", ladder.receive(answer_to(sent, status)));
        ladder.receive(options());
        for (const int status : {182, 183, 182}) same(std::to_string(status) + "@0", ladder.respond(status));
        same("182@0", ladder.receive(options()));
    }

    void a_dead_stream_fails_the_server() {
        Ladder ladder;
        ladder.receive(options(), tcp_flow());
        same("server_failed:transport_failed@0", ladder.fail(tcp_flow()));
        same("", ladder.respond(200));
        empty(ladder);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NonInviteTest);

}  // namespace
