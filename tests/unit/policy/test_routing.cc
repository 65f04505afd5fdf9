#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "policy/message_fields.hh"
#include "tests/unit/policy/policies.hh"

namespace {

using policy_tests::compiled;
using policy_tests::facts_of;
using policy_tests::kZones;
using policy_tests::request;

// The name of the route that decides about a request from outside; empty when none does.
std::string decided(const std::string& routes, const sip::Message& message,
                    const char* source = "203.0.113.7", std::uint16_t zone = 0) {
    const auto snapshot = compiled(kZones + routes);
    return policy::route(*snapshot, facts_of(*snapshot, message, source, zone), 0).route;
}

class RoutingTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RoutingTest);
    CPPUNIT_TEST(the_first_route_that_matches_decides);
    CPPUNIT_TEST(without_a_match_the_answer_is_404);
    CPPUNIT_TEST(a_route_from_a_peer_asks_whose_the_source_is);
    CPPUNIT_TEST(every_condition_must_hold);
    CPPUNIT_TEST(an_escaped_user_is_matched_as_what_it_means);
    CPPUNIT_TEST(a_tel_uri_has_a_user_and_no_host);
    CPPUNIT_TEST(any_of_a_headers_values_may_match);
    CPPUNIT_TEST(emergency_means_the_service_urn);
    CPPUNIT_TEST(a_route_may_reject_with_its_own_code_and_reason);
    CPPUNIT_TEST(targets_come_in_the_order_of_the_list);
    CPPUNIT_TEST(weights_share_out_the_first_place);
    CPPUNIT_TEST(hash_order_depends_on_the_call_id_alone);
    CPPUNIT_TEST(failover_has_defaults_and_can_be_said);
    CPPUNIT_TEST(the_nearest_topology_and_header_rules_win);
    CPPUNIT_TEST(a_trace_says_of_each_route_why);
    CPPUNIT_TEST_SUITE_END();

    void the_first_route_that_matches_decides() {
        const std::string routes = R"(
[[routes]]
name = "calls"
from = "outside"
match = { method = "INVITE", to_user = '^1' }
to = "pbx"
[[routes]]
name = "rest"
from = ["outside", "inside"]
to = "pbx2"
)";
        CPPUNIT_ASSERT_EQUAL(std::string("calls"), decided(routes, request("INVITE", "100")));
        CPPUNIT_ASSERT_EQUAL(std::string("rest"), decided(routes, request("INVITE", "200")));
        CPPUNIT_ASSERT_EQUAL(std::string("rest"), decided(routes, request("OPTIONS", "100")));
        CPPUNIT_ASSERT_EQUAL(std::string("rest"),
                             decided(routes, request("INVITE", "100"), "198.51.100.10", 1));
    }

    void without_a_match_the_answer_is_404() {
        const auto snapshot = compiled(kZones);
        const auto message = request("INVITE");
        const auto decision = policy::route(*snapshot, facts_of(*snapshot, message, "203.0.113.7"), 0);
        CPPUNIT_ASSERT(!decision.accepted && decision.targets.empty() && decision.route.empty());
        CPPUNIT_ASSERT_EQUAL(404, decision.status);
        CPPUNIT_ASSERT(decision.reason == base::Reason::no_route);
    }

    void a_route_from_a_peer_asks_whose_the_source_is() {
        const std::string routes = "[[routes]]\nname = \"a\"\nfrom = \"carrier\"\nto = \"pbx\"\n";
        CPPUNIT_ASSERT_EQUAL(std::string("a"), decided(routes, request("INVITE"), "203.0.113.70"));
        CPPUNIT_ASSERT_EQUAL(std::string(), decided(routes, request("INVITE"), "203.0.113.7"));
    }

    void every_condition_must_hold() {
        const auto with = [](const std::string& match) {
            return "[[routes]]\nname = \"a\"\nfrom = \"outside\"\nto = \"pbx\"\nmatch = { " + match + " }\n";
        };
        const auto message = request("INVITE", "4722");
        for (const char* yes :
             {"method = 'INVITE'", "method = ['BYE', 'INVITE']", "from_user = 'ali'",
              "from_host = '^PHONE\\.example$'", "to_user = '^4722$'", "to_host = '^acme\\.'",
              "request_user = '22'", "request_host = '203'", "source = '203.0.113.0/24'",
              "source = ['192.0.2.1', '203.0.113.7']", "transport = 'udp'", "registered = false",
              "emergency = false", "header = { CSeq = 'INVITE$' }"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(yes, std::string("a"), decided(with(yes), message));
        for (const char* no :
             {"method = 'BYE'", "from_user = '^lice'", "from_host = '^x'", "to_user = '^472$'",
              "to_host = '^x'", "request_user = '^22'", "request_host = '204'", "source = '203.0.113.8'",
              "transport = 'tcp'", "registered = true", "emergency = true", "header = { X-None = '' }",
              "peer = 'carrier'", "method = 'INVITE', to_user = '^1'"})
            CPPUNIT_ASSERT_EQUAL_MESSAGE(no, std::string(), decided(with(no), message));
    }

    void an_escaped_user_is_matched_as_what_it_means() {
        const std::string routes =
            "[[routes]]\nname = \"a\"\nfrom = \"outside\"\nto = \"pbx\"\nmatch = { to_user = '^\\+47' }\n";
        CPPUNIT_ASSERT_EQUAL(std::string("a"), decided(routes, request("INVITE", "%2B47")));
        CPPUNIT_ASSERT_EQUAL(std::string("a"), decided(routes, request("INVITE", "+4%37")));
        CPPUNIT_ASSERT_EQUAL(std::string("50%"), policy::unescaped("50%"));
        CPPUNIT_ASSERT_EQUAL(std::string("%g1A"), policy::unescaped("%g1%41"));
    }

    void a_tel_uri_has_a_user_and_no_host() {
        const auto uri = sip::Uri::parse("tel:+4722000000;phone-context=example.com");
        CPPUNIT_ASSERT(uri);
        CPPUNIT_ASSERT_EQUAL(std::string("+4722000000"), std::string(policy::user_of(*uri)));
        CPPUNIT_ASSERT_EQUAL(std::string(), std::string(policy::host_of(*uri)));
    }

    void any_of_a_headers_values_may_match() {
        const std::string routes =
            "[[routes]]\nname = \"a\"\nfrom = \"outside\"\nto = \"pbx\"\nmatch = { header = { x-Tag = '^b$', "
            "Subject = 'hi' } }\n";
        CPPUNIT_ASSERT_EQUAL(std::string("a"),
                             decided(routes, request("INVITE", "1", "X-Tag: a\r\nX-Tag: b\r\ns: hi\r\n")));
        CPPUNIT_ASSERT_EQUAL(std::string(), decided(routes, request("INVITE", "1", "X-Tag: a\r\ns: hi\r\n")));
    }

    void emergency_means_the_service_urn() {
        auto message = request("INVITE");
        for (const char* uri : {"urn:service:sos", "urn:service:sos.fire", "URN:service:SOS"}) {
            message.set_request_uri(uri);
            CPPUNIT_ASSERT_MESSAGE(uri, policy::MessageFields(message).is_emergency());
        }
        for (const char* uri : {"urn:service:sosx", "sip:sos@x", "urn:service:so"}) {
            message.set_request_uri(uri);
            CPPUNIT_ASSERT_MESSAGE(uri, !policy::MessageFields(message).is_emergency());
        }
    }

    void a_route_may_reject_with_its_own_code_and_reason() {
        const auto snapshot = compiled(kZones +
                                       "[[routes]]\nname = \"no\"\nfrom = \"outside\"\nreject = { code = "
                                       "486, reason = \"Not today\" }\n");
        const auto message = request("INVITE");
        const auto decision = policy::route(*snapshot, facts_of(*snapshot, message, "203.0.113.7"), 0);
        CPPUNIT_ASSERT(!decision.accepted);
        CPPUNIT_ASSERT_EQUAL(486, decision.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Not today"), decision.reason_phrase);
        CPPUNIT_ASSERT(decision.reason == base::Reason::route_rejects);
    }

    static std::vector<std::string> targets(const policy::Snapshot& snapshot, const std::string& call_id,
                                            double spread) {
        const auto message = request("INVITE", "1", {}, call_id);
        std::vector<std::string> names;
        for (const auto peer :
             policy::route(snapshot, facts_of(snapshot, message, "203.0.113.7"), spread).targets)
            names.push_back(snapshot.peer(peer).name);
        return names;
    }

    void targets_come_in_the_order_of_the_list() {
        const auto snapshot =
            compiled(kZones + "[[routes]]\nfrom = \"outside\"\nto = [\"pbx3\", \"pbx\", \"pbx2\"]\n");
        CPPUNIT_ASSERT((targets(*snapshot, "1", 0.7) == std::vector<std::string>{"pbx3", "pbx", "pbx2"}));
    }

    void weights_share_out_the_first_place() {
        const auto snapshot =
            compiled(kZones +
                     "[[routes]]\nfrom = \"outside\"\norder = \"weighted\"\n"
                     "to = [{ peer = \"pbx\", weight = 7 }, { peer = \"pbx2\", weight = 2 }, \"pbx3\"]\n");
        std::map<std::string, int> first;
        constexpr int kCalls = 4000;
        for (int i = 0; i < kCalls; ++i) {
            const auto names = targets(*snapshot, "1", (i + 0.5) / kCalls);
            CPPUNIT_ASSERT_EQUAL(std::size_t{3}, names.size());
            ++first[names[0]];
        }
        CPPUNIT_ASSERT(std::abs(first["pbx"] - 2800) < 150);
        CPPUNIT_ASSERT(std::abs(first["pbx2"] - 800) < 150);
        CPPUNIT_ASSERT(std::abs(first["pbx3"] - 400) < 150);
    }

    void hash_order_depends_on_the_call_id_alone() {
        const std::string to3 =
            "[[routes]]\nfrom = \"outside\"\norder = \"hash\"\nto = [\"pbx\", \"pbx2\", \"pbx3\"]\n";
        const std::string to2 =
            "[[routes]]\nfrom = \"outside\"\norder = \"hash\"\nto = [\"pbx\", \"pbx2\"]\n";
        const auto three = compiled(kZones + to3), two = compiled(kZones + to2);
        std::map<std::string, int> first;
        for (int i = 0; i < 600; ++i) {
            const std::string id = "call-" + std::to_string(i);
            const auto names = targets(*three, id, 0.1);
            CPPUNIT_ASSERT(names == targets(*three, id, 0.9));
            ++first[names[0]];
            // Without the third peer only its own calls move.
            if (names[0] != "pbx3") CPPUNIT_ASSERT_EQUAL(names[0], targets(*two, id, 0)[0]);
        }
        for (const auto& [name, count] : first) CPPUNIT_ASSERT_MESSAGE(name, std::abs(count - 200) < 60);
    }

    void failover_has_defaults_and_can_be_said() {
        const auto message = request("INVITE");
        const auto of = [&](const std::string& more) {
            const auto snapshot =
                compiled(kZones + "[[routes]]\nfrom = \"outside\"\nto = [\"pbx\", \"pbx2\"]\n" + more);
            return policy::route(*snapshot, facts_of(*snapshot, message, "203.0.113.7"), 0);
        };
        CPPUNIT_ASSERT((of("").failover_on == policy::StatusRanges{{503, 503}}));
        CPPUNIT_ASSERT(of("").failover_after == std::chrono::seconds(5));
        const auto said = of("failover = { codes = [503, 500, 408], after = \"2s\" }\n");
        CPPUNIT_ASSERT((said.failover_on == policy::StatusRanges{{503, 503}, {500, 500}, {408, 408}}));
        CPPUNIT_ASSERT(said.failover_after == std::chrono::seconds(2));
    }

    void the_nearest_topology_and_header_rules_win() {
        std::string text = kZones + R"(topology = "peers"
[topologies.peers]
[topologies.routes]
[headers.routes]
rules = []
[[routes]]
name = "own"
from = "inside"
match = { method = "INVITE" }
to = "carrier"
topology = "routes"
headers = "routes"
[[routes]]
from = "inside"
to = "carrier"
)";
        const auto snapshot = compiled(text);
        const auto towards = [&](const char* method) {
            const auto message = request(method);
            const auto decision =
                policy::route(*snapshot, facts_of(*snapshot, message, "198.51.100.10", 1), 0);
            return policy::topology_towards(*snapshot, decision.topology, decision.targets.at(0))->name;
        };
        CPPUNIT_ASSERT_EQUAL(std::string("routes"), towards("INVITE"));
        CPPUNIT_ASSERT_EQUAL(std::string("peers"), towards("OPTIONS"));
        CPPUNIT_ASSERT(!policy::topology_towards(*snapshot, nullptr, base::PeerId{0}));
        CPPUNIT_ASSERT(!policy::headers_towards(*snapshot, nullptr, base::PeerId{3}));
    }

    void a_trace_says_of_each_route_why() {
        const auto snapshot = compiled(
            kZones +
            "[[routes]]\nname = \"r\"\nfrom = \"outside\"\nmatch = { method = \"REGISTER\" }\nto = \"pbx\"\n"
            "[[routes]]\nname = \"c\"\nfrom = \"carrier\"\nto = \"pbx\"\n"
            "[[routes]]\nname = \"i\"\nfrom = \"outside\"\nmatch = { to_user = '^1' }\nto = \"pbx\"\n");
        const auto message = request("INVITE");
        policy::Trace trace;
        policy::route(*snapshot, facts_of(*snapshot, message, "203.0.113.7"), 0, &trace);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, trace.size());
        CPPUNIT_ASSERT_EQUAL(std::string("method INVITE is not REGISTER"), trace[0].why);
        CPPUNIT_ASSERT_EQUAL(std::string("the request does not come from peer carrier"), trace[1].why);
        CPPUNIT_ASSERT_EQUAL(std::string("any method, to_user matches '^1'"), trace[2].why);
        CPPUNIT_ASSERT(!trace[0].matched && !trace[1].matched && trace[2].matched);
        CPPUNIT_ASSERT_EQUAL(std::string("route \"i\""), trace[2].what);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RoutingTest);

}  // namespace
