// RFC 3263, 4: each case is a URI, a zone, and the targets in their order.
#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "tests/unit/sip/zone.hh"

namespace sip::test {
namespace {

using base::Transport;

const std::vector<Way> kAll{{Transport::udp, true, true}, {Transport::tcp, true, true}, {Transport::tls, true, true}};
const std::vector<Way> kPlain{{Transport::udp, true, false}, {Transport::tcp, true, false}};

struct Found {
    Location location;
    std::vector<base::DnsQuestion> asked;
};

Found find(std::string_view uri, const Zone& zone, const std::vector<Way>& ways) {
    DnsCache cache{DnsBounds{}};
    const auto destination = destination_of(*Uri::parse(uri), ways);
    Found found;
    for (int round = 0; round < 8; ++round) {
        found.location = locate(destination, cache, base::Time{});
        if (found.location.missing.empty()) return found;
        for (const auto& question : found.location.missing) {
            found.asked.push_back(question);
            cache.put(question, zone.answer(question), base::Time{});
        }
    }
    CPPUNIT_FAIL("the questions have no end");
    return found;
}

// "udp 192.0.2.1:5060, tcp …"
std::string targets(const Location& location) {
    base::SeededEntropy entropy(1);
    std::string text;
    for (const auto& target : in_order(location.servers, entropy))
        text += (text.empty() ? "" : ", ") + std::string(base::name_of(target.transport)) + ' ' + target.remote.to_string();
    return text;
}

// The example of RFC 3263, 4.1 and 4.2.
const Zone kExample{
    "example.com NAPTR 50 50 s SIPS+D2T - _sips._tcp.example.com.\n"
    "example.com NAPTR 90 50 s SIP+D2T - _sip._tcp.example.com\n"
    "example.com NAPTR 100 50 s SIP+D2U - _sip._udp.example.com.\n"
    "_sips._tcp.example.com SRV 0 1 5061 server1.example.com\n"
    "_sips._tcp.example.com SRV 1 1 5061 server2.example.com\n"
    "_sip._tcp.example.com SRV 0 1 5060 server1.example.com\n"
    "_sip._tcp.example.com SRV 1 2 5060 server2.example.com\n"
    "_sip._udp.example.com SRV 0 1 5060 server1.example.com\n"
    "server1.example.com A 192.0.2.1\n"
    "server2.example.com A 192.0.2.2\n"
    "server2.example.com AAAA 2001:db8::2\n"};

struct Case {
    const char* uri;
    const Zone& zone;
    const std::vector<Way>& ways;
    const char* expected;
};

}  // namespace

class TestLocating : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestLocating);
    CPPUNIT_TEST(a_numeric_host_asks_nobody);
    CPPUNIT_TEST(the_example_of_the_rfc);
    CPPUNIT_TEST(without_naptr_the_services_say_what_is_spoken);
    CPPUNIT_TEST(without_any_service_the_name_itself_is_the_host);
    CPPUNIT_TEST(sips_never_leaves_tls);
    CPPUNIT_TEST(hostile_records_lead_nowhere);
    CPPUNIT_TEST(a_strangers_zone_costs_a_bounded_number_of_questions);
    CPPUNIT_TEST(what_nobody_answered_is_not_what_is_not_there);
    CPPUNIT_TEST(a_server_whose_address_is_unknown_is_left_out);
    CPPUNIT_TEST(the_shortest_lifetime_counts);
    CPPUNIT_TEST(weights_are_kept_on_the_long_run);
    CPPUNIT_TEST(weight_zero_is_rarely_first_and_never_lost);
    CPPUNIT_TEST_SUITE_END();

    static void check(const std::vector<Case>& cases) {
        for (const auto& one : cases)
            CPPUNIT_ASSERT_EQUAL_MESSAGE(one.uri, std::string(one.expected),
                                         targets(find(one.uri, one.zone, one.ways).location));
    }

    void a_numeric_host_asks_nobody() {
        const Zone none{""};
        check({{"sip:192.0.2.9", none, kPlain, "udp 192.0.2.9:5060"},
               {"sip:192.0.2.9:5070", none, kPlain, "udp 192.0.2.9:5070"},
               {"sip:192.0.2.9;transport=tcp", none, kPlain, "tcp 192.0.2.9:5060"},
               {"sips:192.0.2.9", none, kAll, "tls 192.0.2.9:5061"},
               {"sip:[2001:db8::9]:5062", none, kAll, "udp [2001:db8::9]:5062"},
               {"sip:[2001:db8::9]", none, kPlain, ""},
               {"sip:192.0.2.9;transport=tls", none, kPlain, ""}});
        CPPUNIT_ASSERT(find("sip:192.0.2.9", none, kPlain).asked.empty());
    }

    void the_example_of_the_rfc() {
        check({{"sip:example.com", kExample, kAll, "tls 192.0.2.1:5061, tls [2001:db8::2]:5061, tls 192.0.2.2:5061"},
               {"sip:EXAMPLE.com.", kExample, kPlain, "tcp 192.0.2.1:5060, tcp 192.0.2.2:5060"},
               {"sip:example.com;transport=udp", kExample, kAll, "udp 192.0.2.1:5060"},
               {"sip:server2.example.com:5080", kExample, kPlain, "udp 192.0.2.2:5080"},
               {"sip:server2.example.com:5080;transport=tcp", kExample, kAll,
                "tcp [2001:db8::2]:5080, tcp 192.0.2.2:5080"}});
        const auto found = find("sip:example.com", kExample, kPlain);
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, found.asked.size());   // NAPTR, SRV, two A
    }

    void without_naptr_the_services_say_what_is_spoken() {
        const Zone both{"_sip._tcp.x.example SRV 5 0 5070 b.x.example\n_sip._udp.x.example SRV 9 0 5080 b.x.example\n"
                        "b.x.example A 192.0.2.5\n"};
        const Zone tcp{"_sip._tcp.x.example SRV 5 0 5070 b.x.example\nb.x.example A 192.0.2.5\nx.example A 192.0.2.6\n"};
        const Zone enum_only{"x.example NAPTR 1 1 u E2U+sip !.*!sip:evil@x! .\n" + tcp.text};
        check({{"sip:x.example", both, kPlain, "udp 192.0.2.5:5080, tcp 192.0.2.5:5070"},
               {"sip:x.example", tcp, kPlain, "tcp 192.0.2.5:5070"},
               {"sip:x.example", enum_only, kPlain, "tcp 192.0.2.5:5070"},
               {"sip:x.example;transport=udp", tcp, kPlain, "udp 192.0.2.6:5060"}});
    }

    void without_any_service_the_name_itself_is_the_host() {
        const Zone v6{"x.example AAAA 2001:db8::6\n"};
        const Zone rule{"x.example NAPTR 1 1 s SIP+D2T - _sip._tcp.x.example\nx.example A 192.0.2.6\n"};
        check({{"sip:x.example", v6, kAll, "udp [2001:db8::6]:5060"},
               {"sip:x.example", v6, kPlain, ""},
               {"sips:x.example", v6, kAll, "tls [2001:db8::6]:5061"},
               {"sip:x.example", rule, kPlain, "tcp 192.0.2.6:5060"},
               {"sip:none.example", v6, kAll, ""}});
    }

    void sips_never_leaves_tls() {
        const Zone plain{"x.example NAPTR 1 1 s SIP+D2U - _sip._udp.x.example\n_sip._udp.x.example SRV 1 1 5060 x.example\n"
                         "x.example A 192.0.2.6\n"};
        const Zone safe{"x.example NAPTR 1 1 s SIPS+D2T - _sips._tcp.x.example\n" + plain.text};
        check({{"sips:x.example", plain, kAll, ""},
               {"sips:x.example", safe, kPlain, ""},
               {"sips:example.com;transport=tcp", kExample, kAll,
                "tls 192.0.2.1:5061, tls [2001:db8::2]:5061, tls 192.0.2.2:5061"},
               {"sips:example.com;transport=udp", kExample, kAll, ""},
               // TLS was offered first and nothing else at that order: no way back to UDP by leaving records out.
               {"sip:x.example", {"x.example NAPTR 1 1 s SIPS+D2T - _sips._tcp.x.example\nx.example A 192.0.2.6\n"}, kPlain,
                ""}});
    }

    void hostile_records_lead_nowhere() {
        const std::string host = "x.example A 192.0.2.6\n";
        const Zone not_here{"_sip._udp.x.example SRV 0 0 0 .\n" + host};
        const Zone numeric{"_sip._udp.x.example SRV 0 0 5060 192.0.2.77\n_sip._udp.x.example SRV 0 0 5060 1.2.3\n" + host};
        const Zone port_zero{"_sip._udp.x.example SRV 0 0 0 x.example\n" + host};
        const Zone nobody{"x.example A 0.0.0.0\nx.example A 224.0.0.1\nx.example A 255.255.255.255\nx.example A 192.0.2.6\n"};
        const Zone mapped{"x.example AAAA ::ffff:192.0.2.9\n"};   // an A record in disguise
        const Zone regexp{"x.example NAPTR 1 1 s SIP+D2U !.*!sip:evil! _sip._udp.x.example\n" + host};
        const Zone flags{"x.example NAPTR 1 1 a SIP+D2U - x.example\nx.example NAPTR 1 1 - SIP+D2U - x.example\n" + host};
        const Zone spaces{"_sip._udp.x.example SRV 0 0 5060 a..example\n_sip._udp.x.example SRV 0 0 5060 a\\;b.example\n" + host};
        check({{"sip:x.example;transport=udp", not_here, kPlain, ""},
               {"sip:x.example;transport=udp", numeric, kPlain, ""},
               {"sip:x.example;transport=udp", port_zero, kPlain, ""},
               {"sip:x.example;transport=udp", nobody, kPlain, "udp 192.0.2.6:5060"},
               {"sip:x.example;transport=udp", mapped, kAll, ""},
               {"sip:x.example", regexp, kPlain, ""},
               {"sip:x.example", flags, kPlain, ""},
               {"sip:x.example;transport=udp", spaces, kPlain, ""}});
    }

    void a_strangers_zone_costs_a_bounded_number_of_questions() {
        std::string many;
        for (int i = 0; i < 200; ++i) {
            many += "x.example NAPTR 1 " + std::to_string(i) + " s SIP+D2U - _sip" + std::to_string(i) + ".x.example\n";
            for (int k = 0; k < 200; ++k)
                many += "_sip" + std::to_string(i) + ".x.example SRV 0 " + std::to_string(k) + " 5060 h" +
                        std::to_string(k) + ".x.example\n";
        }
        for (int k = 0; k < 200; ++k)
            for (int a = 1; a < 50; ++a)
                many += "h" + std::to_string(k) + ".x.example A 192.0.2." + std::to_string(a) + "\n";
        const auto found = find("sip:x.example", Zone{many}, kPlain);
        CPPUNIT_ASSERT(found.asked.size() <= 1 + 16 + 32);
        CPPUNIT_ASSERT_EQUAL(std::size_t{64}, found.location.servers.size());
        for (const auto& server : found.location.servers) CPPUNIT_ASSERT_EQUAL(std::size_t{8}, server.addresses.size());
    }

    void what_nobody_answered_is_not_what_is_not_there() {
        auto zone = kExample;
        zone.dead = {"example.com"};
        auto found = find("sip:example.com", zone, kPlain);
        CPPUNIT_ASSERT(found.location.unknown && found.location.servers.empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.asked.size());       // TLS may be what the lost answer asks for
        CPPUNIT_ASSERT(found.location.expires == base::Time{DnsBounds{}.retry});
        found = find("sip:nobody.example", zone, kPlain);
        CPPUNIT_ASSERT(!found.location.unknown && found.location.servers.empty());
        zone = Zone{"x.example A 192.0.2.6\n", {"_sip._udp.x.example"}};
        CPPUNIT_ASSERT(find("sip:x.example;transport=udp", zone, kPlain).location.unknown);
    }

    void a_server_whose_address_is_unknown_is_left_out() {
        auto zone = kExample;
        zone.dead = {"server1.example.com"};
        const auto found = find("sip:example.com", zone, kPlain);
        CPPUNIT_ASSERT_EQUAL(std::string("tcp 192.0.2.2:5060"), targets(found.location));
        CPPUNIT_ASSERT(!found.location.unknown);
        CPPUNIT_ASSERT(found.location.expires == base::Time{DnsBounds{}.retry});
    }

    void the_shortest_lifetime_counts() {
        auto zone = kExample;
        const auto expiry = [&](base::Duration ttl) {
            zone.ttl = ttl;
            return find("sip:example.com", zone, kPlain).location.expires.time_since_epoch();
        };
        const DnsBounds bounds;
        CPPUNIT_ASSERT(expiry(std::chrono::seconds(60)) == std::chrono::seconds(60));
        CPPUNIT_ASSERT(expiry(std::chrono::seconds(0)) == bounds.min_ttl);
        CPPUNIT_ASSERT(expiry(std::chrono::hours(1000)) == bounds.max_ttl);
        zone.ttl = std::chrono::hours(1000);
        const auto none = find("sip:none.example", zone, kPlain).location;
        CPPUNIT_ASSERT(none.expires.time_since_epoch() == bounds.max_negative_ttl);
    }

    static std::map<std::string, int> first_of(const std::vector<Server>& servers, int draws) {
        base::SeededEntropy entropy(7);
        std::map<std::string, int> first;
        for (int i = 0; i < draws; ++i) {
            const auto targets = in_order(servers, entropy);
            CPPUNIT_ASSERT_EQUAL(servers.size(), targets.size());
            ++first[targets.front().remote.address.to_string()];
        }
        return first;
    }

    static Server server(const char* address, std::uint16_t rank, std::uint16_t weight) {
        return {rank, weight, Transport::udp, "x", 5060, {*base::Address::parse(address)}};
    }

    void weights_are_kept_on_the_long_run() {
        auto first = first_of({server("192.0.2.1", 1, 10), server("192.0.2.2", 1, 60), server("192.0.2.3", 1, 30),
                               server("192.0.2.4", 2, 60000)}, 10000);
        CPPUNIT_ASSERT_EQUAL(0, first["192.0.2.4"]);
        // Four standard deviations around 10, 60 and 30 of a hundred; RFC 2782 draws from 0 to the sum, inclusive.
        CPPUNIT_ASSERT(std::abs(first["192.0.2.1"] - 1089) < 130);
        CPPUNIT_ASSERT(std::abs(first["192.0.2.2"] - 5940) < 200);
        CPPUNIT_ASSERT(std::abs(first["192.0.2.3"] - 2970) < 190);
    }

    void weight_zero_is_rarely_first_and_never_lost() {
        auto first = first_of({server("192.0.2.1", 1, 99), server("192.0.2.2", 1, 0)}, 10000);
        CPPUNIT_ASSERT(first["192.0.2.2"] > 20 && first["192.0.2.2"] < 250);
        first = first_of({server("192.0.2.1", 1, 0), server("192.0.2.2", 1, 0)}, 100);
        CPPUNIT_ASSERT_EQUAL(100, first["192.0.2.1"]);              // as the answer had them
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestLocating);

}  // namespace sip::test
