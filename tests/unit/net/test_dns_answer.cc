// DNS messages by hand: what is read, and that no cut or bent message is read wrong.
#include <cppunit/extensions/HelperMacros.h>

#include "net/dns_answer.hh"
#include "tests/unit/net/dns_message.hh"

namespace net::test {

using namespace std::string_view_literals;

class TestDnsAnswer : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestDnsAnswer);
    CPPUNIT_TEST(records_of_each_type_are_read);
    CPPUNIT_TEST(aliases_are_followed_in_their_order);
    CPPUNIT_TEST(records_of_others_are_passed_over);
    CPPUNIT_TEST(a_no_holds_as_long_as_the_zone_says);
    CPPUNIT_TEST(failures_are_no_answers);
    CPPUNIT_TEST(every_cut_is_a_failure);
    CPPUNIT_TEST(lengths_and_pointers_that_lie_are_failures);
    CPPUNIT_TEST_SUITE_END();

    static base::DnsAnswer read(const DnsMessage& message, base::DnsType type) {
        return read_dns_answer(message.bytes(), {"x.example", type});
    }

    void records_of_each_type_are_read() {
        DnsMessage a("x.example", 1);
        a.answer("X.Example", 1, 300, "\xc0\x00\x02\x01"sv).answer("x.example", 1, 60, "\xc0\x00\x02\x02"sv);
        auto answer = read(a, base::DnsType::a);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, answer.addresses.size());
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), answer.addresses[0].to_string());
        CPPUNIT_ASSERT(answer.ttl == std::chrono::seconds(60));
        DnsMessage srv("x.example", 33);
        srv.answer("x.example", 33, 0x80000001, DnsMessage::numbers({1, 2, 5061}) + DnsMessage::name("Server.X.example"));
        answer = read(srv, base::DnsType::srv);
        CPPUNIT_ASSERT_EQUAL(std::string("server.x.example"), answer.services.at(0).target);
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{5061}, answer.services[0].port);
        CPPUNIT_ASSERT(answer.ttl == base::Duration{0});
        DnsMessage naptr("x.example", 35);
        naptr.answer("x.example", 35, 9, DnsMessage::numbers({50, 60}) + DnsMessage::text("s") + DnsMessage::text("SIP+D2T") +
                                             DnsMessage::text("") + DnsMessage::name("_sip._tcp.x.example"));
        answer = read(naptr, base::DnsType::naptr);
        CPPUNIT_ASSERT_EQUAL(std::string("SIP+D2T"), answer.rules.at(0).services);
        CPPUNIT_ASSERT_EQUAL(std::string("_sip._tcp.x.example"), answer.rules[0].replacement);
        CPPUNIT_ASSERT(answer.rules[0].regexp.empty() && answer.rules[0].preference == 60);
    }

    void aliases_are_followed_in_their_order() {
        DnsMessage message("x.example", 1);
        message.answer("x.example", 5, 30, DnsMessage::name("y.example")).answer("y.example", 1, 60, "\xc0\x00\x02\x01"sv);
        const auto answer = read(message, base::DnsType::a);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, answer.addresses.size());
        CPPUNIT_ASSERT(answer.ttl == std::chrono::seconds(30));
    }

    void records_of_others_are_passed_over() {
        DnsMessage message("x.example", 1);
        message.answer("evil.example", 1, 60, "\xc0\x00\x02\x42"sv).answer("x.example", 16, 60, DnsMessage::text("v=1"));
        CPPUNIT_ASSERT(read(message, base::DnsType::a).outcome == base::DnsAnswer::Outcome::nothing);
    }

    void a_no_holds_as_long_as_the_zone_says() {
        const auto soa = DnsMessage::name("ns.example") + DnsMessage::name("root.example") + std::string(16, '\0') +
                         std::string("\0\0\0\x1e", 4);
        DnsMessage none("x.example", 1, 3);
        none.authority("example", 6, 600, soa);
        auto answer = read(none, base::DnsType::a);
        CPPUNIT_ASSERT(answer.outcome == base::DnsAnswer::Outcome::nothing && answer.ttl == std::chrono::seconds(30));
        DnsMessage shorter("x.example", 1);
        shorter.authority("example", 6, 7, soa);
        CPPUNIT_ASSERT(read(shorter, base::DnsType::a).ttl == std::chrono::seconds(7));
    }

    void failures_are_no_answers() {
        for (const int code : {1, 2, 4, 5, 9}) {
            DnsMessage message("x.example", 1, code);
            message.answer("x.example", 1, 60, "\xc0\x00\x02\x01"sv);
            CPPUNIT_ASSERT(read(message, base::DnsType::a).outcome == base::DnsAnswer::Outcome::failed);
        }
    }

    void every_cut_is_a_failure() {
        DnsMessage message("x.example", 33);
        message.answer("x.example", 33, 60, DnsMessage::numbers({1, 2, 5061}) + DnsMessage::name("server.x.example"));
        const auto bytes = message.bytes();
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            // A copy of its own, so that a sanitizer sees what is read behind the end.
            const std::vector<unsigned char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
            const auto answer = read_dns_answer(cut, {"x.example", base::DnsType::srv});
            CPPUNIT_ASSERT_MESSAGE(std::to_string(length), answer.outcome == base::DnsAnswer::Outcome::failed);
        }
        CPPUNIT_ASSERT(read(message, base::DnsType::srv).outcome == base::DnsAnswer::Outcome::found);
    }

    void lengths_and_pointers_that_lie_are_failures() {
        const auto failed = [](const std::string& data, std::uint16_t type) {
            DnsMessage message("x.example", type);
            message.answer("x.example", type, 60, data).answer("x.example", 16, 60, std::string(300, 'x'));
            return read(message, static_cast<base::DnsType>(type)).outcome == base::DnsAnswer::Outcome::failed;
        };
        CPPUNIT_ASSERT(failed(std::string("\xc0\x00"sv), 1));                                             // too short for an address
        CPPUNIT_ASSERT(failed(DnsMessage::numbers({1, 2, 3}), 33));                        // no target
        CPPUNIT_ASSERT(failed(DnsMessage::numbers({1, 2, 3}) + "\xff\xff", 33));           // points far away
        CPPUNIT_ASSERT(failed(DnsMessage::numbers({1, 2, 3}) + std::string("\xc0\x36"), 33));   // points at itself
        CPPUNIT_ASSERT(failed(DnsMessage::numbers({1, 2}) + "\xff" "s", 35));              // a string beyond its record
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestDnsAnswer);

}  // namespace net::test
