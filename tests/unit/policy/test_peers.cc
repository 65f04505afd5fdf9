// How peers are found, watched, limited and chosen, and which calls no limit holds up: as written, so compiled.
#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <set>

#include "policy/admission.hh"
#include "policy/emergency.hh"
#include "policy/rules.hh"
#include "tests/unit/policy/policies.hh"

namespace {

using namespace std::chrono_literals;
using policy_tests::compiled;
using policy_tests::kZones;
using policy_tests::request;
using base::Reason;
using Direction = policy::CallLoad::Direction;

constexpr base::Time kStart{1000s};

class PeersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PeersTest);
    CPPUNIT_TEST(name_servers_and_lifetimes_can_be_said);
    CPPUNIT_TEST(a_peer_by_name_is_sought_over_every_way_of_its_zone);
    CPPUNIT_TEST(probes_have_a_short_and_a_long_form);
    CPPUNIT_TEST(each_direction_has_limits_of_its_own);
    CPPUNIT_TEST(a_call_that_one_rate_refuses_costs_the_other_nothing);
    CPPUNIT_TEST(bandwidth_is_given_back);
    CPPUNIT_TEST(an_emergency_call_is_counted_and_never_refused);
    CPPUNIT_TEST(registers_have_limits_of_their_own);
    CPPUNIT_TEST(failover_takes_classes);
    CPPUNIT_TEST(hash_order_follows_what_it_names);
    CPPUNIT_TEST(emergency_numbers_are_known_in_every_disguise);
    CPPUNIT_TEST(emergency_calls_go_before_all_routes);
    CPPUNIT_TEST(no_rate_holds_an_emergency_call_up_but_permission_does);
    CPPUNIT_TEST_SUITE_END();

    void name_servers_and_lifetimes_can_be_said() {
        const auto snapshot = compiled(kZones + "[dns]\nservers = [\"198.51.100.53\", \"[2001:db8::53]:5353\"]\n"
                                                "timeout = \"1s\"\nmin_ttl = \"1s\"\nmax_ttl = \"10m\"\nnegative_ttl = \"7s\"\n"
                                                "retry = \"3s\"\nstale = \"1h\"\n");
        const auto& dns = snapshot->dns;
        CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.53:53"), dns.servers.at(0).to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::53]:5353"), dns.servers.at(1).to_string());
        CPPUNIT_ASSERT((dns.bounds == sip::DnsBounds{1s, 10min, 7s, 3s, 1h}));
        CPPUNIT_ASSERT(dns.timeout == 1s);
        CPPUNIT_ASSERT(compiled(kZones)->dns.servers.empty());
    }

    void a_peer_by_name_is_sought_over_every_way_of_its_zone() {
        const auto snapshot = compiled(kZones + "[peers.named]\nzone = \"outside\"\nuri = \"sip:SIP.Carrier.example\"\n"
                                                "[peers.said]\nzone = \"outside\"\nuri = \"sip:sip.carrier.example:5070;transport=tcp\"\n");
        const auto named = snapshot->destination_of(snapshot->peers[4]), said = snapshot->destination_of(snapshot->peers[5]);
        CPPUNIT_ASSERT_EQUAL(std::string("sip.carrier.example"), named.host);
        CPPUNIT_ASSERT(!named.transport && !named.port);
        const std::vector<sip::Way> ways{{base::Transport::udp, true, true}, {base::Transport::tcp, true, false}};
        CPPUNIT_ASSERT(named.ways == ways);
        CPPUNIT_ASSERT(said.transport == base::Transport::tcp && said.port == 5070);
    }

    void probes_have_a_short_and_a_long_form() {
        const auto snapshot = compiled(
            kZones + "[peers.a]\nzone = \"inside\"\nuri = \"sip:198.51.100.21\"\nprobe = \"30s\"\n"
                     "[peers.b]\nzone = \"inside\"\nuri = \"sip:198.51.100.22\"\nblacklist = \"0s\"\n"
                     "probe = { every = \"10s\", down_after = 3, up_after = 2 }\n");
        const auto &a = snapshot->peers[4], &b = snapshot->peers[5];
        CPPUNIT_ASSERT(a.probe == 30s && a.probe_down_after == 1 && a.probe_up_after == 1 && a.blacklist == 30s);
        CPPUNIT_ASSERT(b.probe == 10s && b.probe_down_after == 3 && b.probe_up_after == 2 && b.blacklist == 0s);
    }

    static policy::SnapshotPtr limited(const std::string& limits) {
        return compiled(kZones + "[peers.x]\nzone = \"inside\"\nuri = \"sip:198.51.100.21\"\nlimits = { " + limits + " }\n");
    }
    static constexpr base::PeerId kX{4};
    static constexpr policy::CallLoad kIn{Direction::in, 0, false}, kOut{Direction::out, 0, false};

    void each_direction_has_limits_of_its_own() {
        const auto snapshot = limited("calls = 3, calls_in = 1, calls_out = 2");
        policy::Admission admission(snapshot, 1);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kIn));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, kIn) == Reason::peer_limit);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kOut));
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kOut));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, kOut) == Reason::peer_limit);
        admission.end_call(kX, kIn);
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, kOut) == Reason::peer_limit);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kIn));
        policy::Admission none(limited("calls_out = 0"), 1);
        CPPUNIT_ASSERT(none.begin_call(kX, kStart, kOut) == Reason::peer_limit);
        CPPUNIT_ASSERT(!none.begin_call(kX, kStart, kIn));
    }

    void a_call_that_one_rate_refuses_costs_the_other_nothing() {
        const auto snapshot = limited("cps = 3, cps_in = 1");
        policy::Admission admission(snapshot, 1);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kIn));
        for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(admission.begin_call(kX, kStart, kIn) == Reason::peer_limit);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kOut));
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, kOut));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, kOut) == Reason::peer_limit);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart + 1s, kIn));
    }

    void bandwidth_is_given_back() {
        const auto snapshot = limited("bandwidth = 200");
        policy::Admission admission(snapshot, 1);
        const policy::CallLoad voice{Direction::out, 87, false}, film{Direction::in, 1087, false};
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, voice));
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, voice));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, voice) == Reason::peer_limit);
        admission.end_call("x", voice);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, voice));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart, film) == Reason::peer_limit);
        admission.end_call("x", voice), admission.end_call("x", voice);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, film));     // alone it may
    }

    void an_emergency_call_is_counted_and_never_refused() {
        const auto snapshot = limited("calls = 1, cps = 1, bandwidth = 1");
        policy::Admission admission(snapshot, 1);
        const policy::CallLoad help{Direction::out, 87, true};
        for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(!admission.begin_call(kX, kStart, help));
        CPPUNIT_ASSERT(admission.begin_call(kX, kStart + 5s, kOut) == Reason::peer_limit);
        for (int i = 0; i < 5; ++i) admission.end_call("x", help);
        CPPUNIT_ASSERT(!admission.begin_call(kX, kStart + 10s, kOut));
    }

    void registers_have_limits_of_their_own() {
        const auto snapshot = limited("calls = 0, registers = 2, registers_per_second = 4");
        policy::Admission admission(snapshot, 1);
        for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(!admission.begin_register(kX, kStart));
        CPPUNIT_ASSERT(admission.begin_register(kX, kStart) == Reason::peer_limit);
        admission.end_register("x");
        CPPUNIT_ASSERT(!admission.begin_register(kX, kStart));
        admission.end_register("x");
        CPPUNIT_ASSERT(!admission.begin_register(kX, kStart));
        admission.end_register("x");
        CPPUNIT_ASSERT(admission.begin_register(kX, kStart) == Reason::peer_limit);   // four in this second
        CPPUNIT_ASSERT(!admission.begin_register(kX, kStart + 1s));
        for (int i = 0; i < 9; ++i) admission.end_register("x");                          // more than there were
        CPPUNIT_ASSERT(!admission.begin_register(kX, kStart + 10s) && !admission.begin_register(kX, kStart + 10s));
        CPPUNIT_ASSERT(admission.begin_register(kX, kStart + 10s) == Reason::peer_limit);
    }

    static policy::Facts facts_of(const sip::Message& message, const char* source = "198.51.100.7") {
        const base::Address address = *base::Address::parse(source);
        return {base::ZoneId{static_cast<std::uint16_t>(address.to_string().starts_with("198") ? 1 : 0)}, base::kNoPeer,
                base::Transport::udp, {address, 5060}, &message};
    }

    void failover_takes_classes() {
        const auto message = request("INVITE");
        const auto snapshot = compiled(kZones + "[[routes]]\nfrom = \"inside\"\nto = [\"pbx\", \"pbx2\"]\n"
                                                "failover = { on = [\"5xx\", 408, \"6xx\"], after = \"4s\" }\n");
        const auto decision = policy::route(*snapshot, facts_of(message), 0);
        for (const int status : {500, 503, 599, 408, 600, 699}) CPPUNIT_ASSERT(policy::hold(decision.failover_on, status));
        for (const int status : {499, 404, 407, 409, 302}) CPPUNIT_ASSERT(!policy::hold(decision.failover_on, status));
        CPPUNIT_ASSERT(decision.failover_after == 4s);
    }

    void hash_order_follows_what_it_names() {
        const auto first = [](const std::string& on, const sip::Message& message, const char* source = "198.51.100.7") {
            const auto snapshot = compiled(kZones + "[[routes]]\nfrom = \"inside\"\nto = [\"pbx\", \"pbx2\", \"pbx3\"]\n"
                                                    "order = \"hash\"\nhash = \"" + on + "\"\n");
            return policy::route(*snapshot, facts_of(message, source), 0).targets.front().value;
        };
        std::map<std::string, std::set<std::uint16_t>> seen;
        for (int i = 0; i < 30; ++i) {
            const auto user = std::to_string(i), id = user + "@x", source = "198.51.100." + std::to_string(i + 10);
            const auto by_user = request("INVITE", user), by_id = request("INVITE", "100", {}, id);
            seen["to_user"].insert(first("to_user", by_user));
            seen["request_user"].insert(first("request_user", by_user));
            seen["call-id"].insert(first("call-id", by_id));
            seen["source"].insert(first("source", by_user, source.c_str()));
            // What differs is not what is named: always the same.
            seen["-from_user"].insert(first("from_user", by_user));
            seen["-to_user"].insert(first("to_user", by_id));
            seen["-call-id"].insert(first("call-id", by_user, source.c_str()));
        }
        for (const auto& [name, peers] : seen) CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::size_t{name[0] == '-' ? 1u : 3u}, peers.size());
    }

    void emergency_numbers_are_known_in_every_disguise() {
        const auto snapshot = compiled(kZones + "[emergency]\nnumbers = [\"112\", \"9-1-1\", \"+49110\"]\n");
        const auto is = [&](std::string_view uri) {
            auto message = request("INVITE");
            message.set_request_uri(uri);
            return policy::is_emergency(*snapshot, message);
        };
        for (const auto uri : {"sip:112@x", "sips:112@x:5061", "sip:1%312@x", "tel:112", "tel:1-1-2", "tel:+49-110", "tel:911;phone-context=+1",
                               "sip:112;phone-context=x@x;user=phone", "urn:service:sos", "urn:service:sos.fire"})
            CPPUNIT_ASSERT_MESSAGE(uri, is(uri));
        for (const auto uri : {"sip:1120@x", "sip:0112@x", "sip:x112@x", "sip:112.x@x", "sip:desk@112", "tel:49110", "urn:service:sosa",
                               "urn:service:counseling", "sip:x"})
            CPPUNIT_ASSERT_MESSAGE(uri, !is(uri));
    }

    void emergency_calls_go_before_all_routes() {
        const auto rest = "[[routes]]\nfrom = \"inside\"\nreject = { code = 403 }\n";
        const auto snapshot = compiled(kZones + "[emergency]\nnumbers = [\"112\"]\nto = [\"pbx2\", \"pbx\"]\n" + rest);
        policy::Trace trace;
        const auto call = request("INVITE", "112");
        const auto decision = policy::route(*snapshot, facts_of(call), 0, &trace);
        CPPUNIT_ASSERT(decision.accepted && decision.emergency);
        CPPUNIT_ASSERT((decision.targets == std::vector<base::PeerId>{{1}, {0}}));
        CPPUNIT_ASSERT(policy::hold(decision.failover_on, 404) && !policy::hold(decision.failover_on, 487));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, trace.size());
        const auto text = request("MESSAGE", "112");
        CPPUNIT_ASSERT(!policy::route(*snapshot, facts_of(text), 0).accepted);
        const auto routed = compiled(kZones + "[emergency]\nnumbers = [\"112\"]\n[[routes]]\nfrom = \"inside\"\n"
                                              "match = { emergency = true }\nto = [\"pbx3\"]\n");
        const auto by_rule = policy::route(*routed, facts_of(call), 0);
        CPPUNIT_ASSERT(by_rule.accepted && by_rule.emergency && by_rule.targets.front().value == 2);
        const auto other = request("INVITE", "113");
        CPPUNIT_ASSERT(!policy::route(*routed, facts_of(other), 0).accepted);
    }

    void no_rate_holds_an_emergency_call_up_but_permission_does() {
        const auto snapshot = compiled(kZones + "[emergency]\nnumbers = [\"112\"]\n[[access]]\nfrom = \"outside\"\n"
                                                "source = [\"203.0.113.0/24\"]\nrate = \"1/h\"\ntotal_rate = \"1/h\"\n");
        policy::Admission admission(snapshot, 1);
        const auto call = request("INVITE", "112"), usual = request("INVITE", "100");
        CPPUNIT_ASSERT(!admission.admit(facts_of(usual, "203.0.113.7"), kStart));
        CPPUNIT_ASSERT(admission.admit(facts_of(usual, "203.0.113.7"), kStart) == Reason::rate_exceeded);
        for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(!admission.admit(facts_of(call, "203.0.113.7"), kStart));
        CPPUNIT_ASSERT(admission.admit(facts_of(call, "192.0.2.7"), kStart) == Reason::source_not_allowed);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PeersTest);

}  // namespace
