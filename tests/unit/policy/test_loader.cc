#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "policy/rules.hh"
#include "tests/unit/policy/policies.hh"

namespace {

using policy_tests::compiled;
using policy_tests::kZones;
using policy_tests::request;
using policy_tests::source_path;

class LoaderTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LoaderTest);
    CPPUNIT_TEST(the_small_example_loads_with_nothing_but_warnings);
    CPPUNIT_TEST(the_installed_policies_load);
    CPPUNIT_TEST(zones_hide_towards_the_untrusted_and_only_there);
    CPPUNIT_TEST(listeners_and_media_are_found_by_transport_and_family);
    CPPUNIT_TEST(a_tls_listener_is_left_out_with_a_warning);
    CPPUNIT_TEST(a_source_belongs_to_the_peer_with_the_longest_prefix);
    CPPUNIT_TEST(a_peers_uri_gives_host_port_and_transport);
    CPPUNIT_TEST(advertised_addresses_stand_beside_the_real_ones);
    CPPUNIT_TEST(an_own_topology_starts_from_its_base);
    CPPUNIT_TEST(limits_and_timers_arrive_where_they_are_used);
    CPPUNIT_TEST(an_untrusted_zone_that_lets_nobody_in_is_worth_a_warning);
    CPPUNIT_TEST(includes_are_sorted_and_lists_are_joined);
    CPPUNIT_TEST(the_hash_changes_with_every_byte);
    CPPUNIT_TEST(phones_survive_whom_they_may_register_with);
    CPPUNIT_TEST(a_route_may_lead_to_registered_phones);
    CPPUNIT_TEST_SUITE_END();

    static policy::Loaded loaded_from(const std::string& path) {
        return policy::load(source_path(path), {.check_local_addresses = false});
    }

    void the_small_example_loads_with_nothing_but_warnings() {
        const auto loaded = loaded_from("tests/policies/good/contract.toml");
        CPPUNIT_ASSERT(loaded.snapshot);
        for (const auto& complaint : loaded.complaints)
            CPPUNIT_ASSERT_MESSAGE(complaint.text,
                                   complaint.text.find("version") != std::string::npos ||
                                       complaint.text.find("no certificate") != std::string::npos ||
                                       complaint.text.find("carrier.secret") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, loaded.snapshot->listeners.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, loaded.snapshot->rules->routes.size());
        CPPUNIT_ASSERT_EQUAL(std::string("edge-1"), loaded.snapshot->node.name);
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{200}, *loaded.snapshot->peers[1].limits.calls);
    }

    void the_installed_policies_load() {
        std::vector<std::string> files{source_path("etc/sallyport.toml")};
        for (const char* directory : {"etc/examples", "tests/policies/good"})
            for (const auto& entry : std::filesystem::directory_iterator(source_path(directory)))
                if (entry.path().extension() == ".toml") files.push_back(entry.path().string());
        for (const auto& file : files) {
            const auto loaded = policy::load(file, {.check_local_addresses = false});
            std::string text;
            for (const auto& complaint : loaded.complaints) text += complaint.to_string() + '\n';
            CPPUNIT_ASSERT_MESSAGE(text, loaded.snapshot);
        }
        CPPUNIT_ASSERT(loaded_from("etc/sallyport.toml").complaints.empty());
    }

    void phones_survive_whom_they_may_register_with() {
        const std::string routes = "[[routes]]\nfrom = \"outside\"\nmatch = { method = \"INVITE\" }\nto = \"pbx3\"\n"
                                   "[[routes]]\nfrom = \"outside\"\nmatch = { method = [\"OPTIONS\", \"REGISTER\"] }\n"
                                   "to = [\"pbx\", \"pbx2\"]\n[[routes]]\nfrom = \"inside\"\nto = \"carrier\"\n";
        auto snapshot = compiled(kZones + "[zones.outside.register]\nsurvive = \"8h\"\n" + routes);
        const auto& survive = snapshot->zones[0].registrations->survive;
        CPPUNIT_ASSERT(survive->within == std::chrono::hours(8) && survive->expires == std::chrono::seconds(60));
        std::string outlived;
        for (const auto& peer : snapshot->peers) outlived += peer.outlived ? '1' : '0';
        CPPUNIT_ASSERT_EQUAL(std::string("1100"), outlived);
        snapshot = compiled(kZones + "[zones.outside.register]\nsurvive = { expires = \"30s\" }\n" + routes);
        CPPUNIT_ASSERT(snapshot->zones[0].registrations->survive->within == std::chrono::hours(24));
        CPPUNIT_ASSERT(snapshot->zones[0].registrations->survive->expires == std::chrono::seconds(30));
        snapshot = compiled(kZones + "[zones.outside.register]\nproof = \"flow\"\n" + routes);
        CPPUNIT_ASSERT(!snapshot->zones[0].registrations->survive && !snapshot->peers[0].outlived);
    }

    void a_route_may_lead_to_registered_phones() {
        const auto snapshot = compiled(kZones + "[[routes]]\nfrom = \"outside\"\nto = \"registered\"\n");
        const auto call = request("INVITE");
        policy::Facts facts;
        facts.request = &call;
        const auto decision = policy::route(*snapshot, facts, 0);
        CPPUNIT_ASSERT(decision.accepted && decision.registered && decision.targets.empty());
    }

    void zones_hide_towards_the_untrusted_and_only_there() {
        const auto snapshot = compiled(kZones);
        CPPUNIT_ASSERT(snapshot->zones[0].topology);
        CPPUNIT_ASSERT_EQUAL(std::string("hide-all"), snapshot->zones[0].topology->name);
        CPPUNIT_ASSERT(!snapshot->zones[0].trusted);
        CPPUNIT_ASSERT(snapshot->zones[0].nat == policy::NatMode::far_end);
        CPPUNIT_ASSERT(!snapshot->zones[1].topology);
    }

    void listeners_and_media_are_found_by_transport_and_family() {
        const auto snapshot = compiled(kZones);
        const base::ZoneId outside{0}, inside{1};
        CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::1]:5060"),
                             snapshot->listener_for(outside, base::Transport::udp, false)->local.to_string());
        CPPUNIT_ASSERT(snapshot->listener_for(outside, base::Transport::tcp, true));
        CPPUNIT_ASSERT(!snapshot->listener_for(inside, base::Transport::tcp, true));
        CPPUNIT_ASSERT(!snapshot->listener_for(inside, base::Transport::udp, false));
        CPPUNIT_ASSERT(snapshot->media_address(outside, false));
        CPPUNIT_ASSERT(!snapshot->media_address(inside, false));
        CPPUNIT_ASSERT(snapshot->zone_of(snapshot->listeners.back().id) == inside);
    }

    void a_tls_listener_is_left_out_with_a_warning() {
        std::string text = kZones;
        text.replace(text.find("\"tcp:203"), 4, "\"tls");
        text.replace(text.find(";transport=tcp"), 14, "");
        const auto loaded = policy::load_text("t.toml", text, {.check_local_addresses = false});
        CPPUNIT_ASSERT(loaded.snapshot);
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, loaded.snapshot->listeners.size());
        CPPUNIT_ASSERT(std::ranges::any_of(loaded.complaints, [](const policy::Complaint& complaint) {
            return !complaint.is_error &&
                   complaint.text ==
                       "there is no certificate for this tls listener, and it is left closed; write tls = { "
                       "certificate = \"FILE\", key = \"FILE\" } in the zone";
        }));
    }

    void a_source_belongs_to_the_peer_with_the_longest_prefix() {
        const auto snapshot = compiled(kZones + R"(
[peers.carrier-b]
zone = "outside"
uri = "sip:203.0.113.80"
)");
        const auto name = [&](const char* address) {
            const auto id = snapshot->peer_of(base::ZoneId{0}, *base::Address::parse(address));
            return id == base::kNoPeer ? std::string("nobody") : snapshot->peer(id).name;
        };
        CPPUNIT_ASSERT_EQUAL(std::string("carrier"), name("203.0.113.70"));
        CPPUNIT_ASSERT_EQUAL(std::string("carrier-b"), name("203.0.113.80"));
        CPPUNIT_ASSERT_EQUAL(std::string("nobody"), name("203.0.113.7"));
        CPPUNIT_ASSERT_EQUAL(std::string("nobody"), name("198.51.100.10"));  // of the other zone
    }

    void a_peers_uri_gives_host_port_and_transport() {
        const auto snapshot =
            compiled(kZones + "[peers.named]\nzone = \"outside\"\nuri = \"sip:sip.example.net\"\n");
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{5060}, snapshot->peers[1].port);
        CPPUNIT_ASSERT(snapshot->peers[3].transport == base::Transport::tcp);
        CPPUNIT_ASSERT(snapshot->peers[3].address.has_value());
        CPPUNIT_ASSERT(!snapshot->peers[4].address.has_value());
        CPPUNIT_ASSERT_EQUAL(std::string("sip.example.net"), snapshot->peers[4].host);
        CPPUNIT_ASSERT(snapshot->peers[4].sources.empty());
    }

    void advertised_addresses_stand_beside_the_real_ones() {
        const auto snapshot = compiled(R"(
[zones.a]
listen = [{ bind = "udp:10.0.0.1:5060", advertise = "203.0.113.9" }, { bind = "tcp:10.0.0.1:5060", advertise = "203.0.113.9:5070" }]
media = { address = "10.0.0.1", ports = "20000-29999", advertise = "203.0.113.9" }
trusted = true
)");
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9:5060"), snapshot->listeners[0].advertised.to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9:5070"), snapshot->listeners[1].advertised.to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1:5060"), snapshot->listeners[1].local.to_string());
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"), snapshot->zones[0].media[0].advertised.to_string());
    }

    void an_own_topology_starts_from_its_base() {
        using policy::LeakPlace;
        const auto snapshot = compiled(kZones + R"(
[topologies.mine]
call-id = "keep"
server = { value = "edge" }
[topologies.open]
base = "keep-all"
via = "hide"
)");
        const policy::Topology& mine = *snapshot->topologies.at("mine");
        CPPUNIT_ASSERT(mine.hides(LeakPlace::via) && !mine.hides(LeakPlace::call_id) &&
                       mine.hides(LeakPlace::server));
        CPPUNIT_ASSERT_EQUAL(std::string("edge"), mine[LeakPlace::server].value);
        const policy::Topology& open = *snapshot->topologies.at("open");
        CPPUNIT_ASSERT(open.hides(LeakPlace::via) && !open.hides(LeakPlace::bodies));
        CPPUNIT_ASSERT(snapshot->topologies.at("hide-all")->hides(LeakPlace::bodies));
        CPPUNIT_ASSERT_EQUAL(std::string("sdp-cname"), std::string(name_of(LeakPlace::sdp_cname)));
        CPPUNIT_ASSERT_EQUAL(std::string("bodies"), std::string(name_of(LeakPlace::bodies)));
    }

    void limits_and_timers_arrive_where_they_are_used() {
        using namespace std::chrono_literals;
        const auto snapshot = compiled(R"(
[limits]
datagram_bytes = "8KiB"
vias = 10
sdp_media = 4
[timers]
t1 = "250ms"
c = "4m"
[media]
inactivity = "2m"
[zones.a]
listen = "udp:203.0.113.1:5060"
media = { address = "203.0.113.1", ports = "20000-29999" }
trusted = true
timers = { media_inactivity_on_hold = "0s" }
)");
        CPPUNIT_ASSERT_EQUAL(std::size_t{8192}, snapshot->sip_limits.datagram_bytes);
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, snapshot->sip_limits.vias);
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, snapshot->sdp_limits.media);
        CPPUNIT_ASSERT(snapshot->timers.transaction.t1 == 250ms);
        CPPUNIT_ASSERT(snapshot->timers.c == 4min);
        CPPUNIT_ASSERT(snapshot->zones[0].media_rules.inactivity == 2min);
        CPPUNIT_ASSERT(snapshot->zones[0].media_rules.inactivity_on_hold == 0s);
    }

    void an_untrusted_zone_that_lets_nobody_in_is_worth_a_warning() {
        const auto loaded = policy::load_text("t.toml", R"([zones.a]
listen = "udp:203.0.113.1:5060"
media = { address = "203.0.113.1", ports = "20000-29999" }
)",
                                              {.check_local_addresses = false});
        CPPUNIT_ASSERT(loaded.snapshot);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, loaded.complaints.size());
        CPPUNIT_ASSERT_EQUAL(std::string("t.toml:1:8"), loaded.complaints[0].place.to_string());
    }

    void includes_are_sorted_and_lists_are_joined() {
        const auto loaded = loaded_from("tests/policies/good/including.toml");
        CPPUNIT_ASSERT(loaded.snapshot);
        std::string names;
        for (const auto& route : loaded.snapshot->rules->routes) names += route.name + ' ';
        CPPUNIT_ASSERT_EQUAL(std::string("main first second "), names);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, loaded.snapshot->zones.size());
    }

    void the_hash_changes_with_every_byte() {
        const auto hash = compiled(kZones)->hash;
        CPPUNIT_ASSERT_EQUAL(std::size_t{16}, hash.size());
        CPPUNIT_ASSERT_EQUAL(hash, compiled(kZones)->hash);
        CPPUNIT_ASSERT(hash != compiled(kZones + "\n")->hash);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoaderTest);

}  // namespace
