// Records that live and die, and the DNS with them; time moved by hand.
#include <cppunit/extensions/HelperMacros.h>

#include "sip/locator.hh"
#include "tests/unit/sip/zone.hh"

namespace sip::test {
namespace {

using namespace std::chrono_literals;

const std::vector<Way> kPlain{{base::Transport::udp, true, false}, {base::Transport::tcp, true, false}};

// A locator, the zone it asks, and the hours going by.
struct World {
    explicit World(std::string text, std::vector<std::string> uris = {"sip:x.example;transport=udp"}) : zone{std::move(text)} {
        look_for(uris);
    }

    void look_for(const std::vector<std::string>& uris) {
        std::vector<Destination> destinations;
        for (const auto& uri : uris) destinations.push_back(destination_of(*Uri::parse(uri), kPlain));
        locator.look_for(std::move(destinations), now);
        settle();
    }

    void settle() {
        for (auto questions = locator.take_questions(now); !questions.empty(); questions = locator.take_questions(now))
            for (const auto& question : questions) {
                ++asked;
                locator.answer(question, zone.answer(question), now);
            }
        for (const auto index : locator.take_changes()) {
            (void)index;
            ++changes;
        }
    }

    void pass(base::Duration time) {
        for (const auto end = now + time; now < end; now = std::min(end, now + 1s)) settle();
        settle();
    }

    std::string first(std::size_t index = 0) const {
        const auto& servers = locator.servers(index);
        return servers.empty() ? "" : servers.front().addresses.front().to_string();
    }

    Zone zone;
    base::Time now{1000s};
    Locator locator{DnsBounds{}};
    int asked = 0, changes = 0;
};

}  // namespace

class TestLocator : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestLocator);
    CPPUNIT_TEST(what_is_known_is_not_asked_again_before_its_time);
    CPPUNIT_TEST(a_changed_record_is_heard_when_the_old_one_is_over);
    CPPUNIT_TEST(a_dead_name_server_changes_nothing);
    CPPUNIT_TEST(stale_answers_have_an_end);
    CPPUNIT_TEST(a_name_that_is_gone_has_no_servers_and_may_come_back);
    CPPUNIT_TEST(a_dead_name_server_at_the_start_is_asked_again);
    CPPUNIT_TEST(one_name_of_two_peers_is_asked_for_once);
    CPPUNIT_TEST(a_reload_keeps_what_is_known);
    CPPUNIT_TEST(addresses_turned_round_are_no_change);
    CPPUNIT_TEST(answers_that_nobody_asked_for_are_not_believed);
    CPPUNIT_TEST_SUITE_END();

    void what_is_known_is_not_asked_again_before_its_time() {
        World world("x.example A 192.0.2.1\n");
        CPPUNIT_ASSERT_EQUAL(2, world.asked);                       // SRV, A
        world.pass(59s);
        CPPUNIT_ASSERT_EQUAL(2, world.asked);
        world.pass(2s);
        CPPUNIT_ASSERT_EQUAL(4, world.asked);
        CPPUNIT_ASSERT_EQUAL(1, world.changes);
    }

    void a_changed_record_is_heard_when_the_old_one_is_over() {
        World world("x.example A 192.0.2.1\n");
        world.zone.text = "x.example A 192.0.2.2\n";
        world.pass(50s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first());
        world.pass(11s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.2"), world.first());
        CPPUNIT_ASSERT_EQUAL(2, world.changes);
    }

    void a_dead_name_server_changes_nothing() {
        World world("x.example A 192.0.2.1\n");
        world.zone.dead = {"x.example", "_sip._udp.x.example"};
        world.pass(24h);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first());
        CPPUNIT_ASSERT_EQUAL(1, world.changes);
        world.zone = Zone{"x.example A 192.0.2.9\n"};
        world.pass(DnsBounds{}.retry + 1s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.9"), world.first());
    }

    void stale_answers_have_an_end() {
        World world("x.example A 192.0.2.1\n");
        DnsCache cache{DnsBounds{}};
        const base::DnsQuestion question{"x.example", base::DnsType::a};
        cache.put(question, world.zone.answer(question), base::Time{});
        const auto late = base::Time{} + DnsBounds{}.stale + 2min;
        cache.put(question, {}, late);
        CPPUNIT_ASSERT(cache.find(question, late)->answer.outcome == base::DnsAnswer::Outcome::failed);
    }

    void a_name_that_is_gone_has_no_servers_and_may_come_back() {
        World world("x.example A 192.0.2.1\n");
        world.zone.text.clear();
        world.pass(61s);
        CPPUNIT_ASSERT(world.locator.servers(0).empty() && !world.locator.unknown(0));
        world.zone.text = "x.example A 192.0.2.1\n";
        world.pass(61s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first());
        CPPUNIT_ASSERT_EQUAL(3, world.changes);
    }

    void a_dead_name_server_at_the_start_is_asked_again() {
        World world("x.example A 192.0.2.1\n", {});
        world.zone.dead = {"_sip._udp.x.example"};
        world.look_for({"sip:x.example;transport=udp"});
        CPPUNIT_ASSERT(world.locator.unknown(0));
        world.pass(60s);
        CPPUNIT_ASSERT_EQUAL(1, world.changes);                     // told once, however often it was asked
        world.zone.dead.clear();
        world.pass(11s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first());
    }

    void one_name_of_two_peers_is_asked_for_once() {
        World world("x.example A 192.0.2.1\n", {"sip:x.example;transport=udp", "sip:x.example:5070"});
        CPPUNIT_ASSERT_EQUAL(2, world.asked);
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{5070}, world.locator.servers(1).front().port);
    }

    void a_reload_keeps_what_is_known() {
        World world("x.example A 192.0.2.1\ny.example A 192.0.2.2\n");
        world.zone.dead = {"x.example"};
        world.pass(70s);
        world.look_for({"sip:y.example:5060", "sip:x.example;transport=udp"});
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.2"), world.first(0));
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first(1));
        CPPUNIT_ASSERT(world.changes >= 3);                         // both were told under their new numbers
    }

    void addresses_turned_round_are_no_change() {
        World world("x.example A 192.0.2.1\nx.example A 192.0.2.2\n");
        world.zone.text = "x.example A 192.0.2.2\nx.example A 192.0.2.1\n";
        world.pass(61s);
        CPPUNIT_ASSERT_EQUAL(1, world.changes);
    }

    void answers_that_nobody_asked_for_are_not_believed() {
        World world("x.example A 192.0.2.1\n");
        const base::DnsQuestion question{"x.example", base::DnsType::a};
        world.zone.text = "x.example A 192.0.2.66\n";
        world.locator.answer(question, world.zone.answer(question), world.now);
        world.pass(30s);
        CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), world.first());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestLocator);

}  // namespace sip::test
