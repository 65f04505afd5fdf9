// The table against the real kernel: each test in a network namespace of its own, which goes with the test. Packets
// go over the namespace's loopback, which has all addresses.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/log.hh"
#include "nft/table_keeper.hh"
#include "tests/lab/test_pinholes_world.hh"

namespace {

using namespace std::chrono_literals;
using base::Reason;
using lab::now;
using lab::shell;
using nft::Change;
using nft::TableKeeper;
using nft::Width;
using Requests = std::vector<std::vector<Change>>;

constexpr std::uint16_t kSteer = 6001;
constexpr base::Duration kQuiet = 100ms;    // after our last change; then what others do is seen at once

nft::TableSpec spec() {
    nft::TableSpec s;
    const auto v4 = *base::Address::parse("198.51.100.1"), v6 = *base::Address::parse("2001:db8::1");
    s.media = {{v4, {30000, 39999}, kSteer}, {v6, {30000, 39999}, kSteer}};
    s.permitted = {{v4, {30000, 39999}, *base::Prefix::parse("203.0.113.0/25")}};
    s.listeners = {{*base::Endpoint::parse("198.51.100.1:5060"), false, true}};
    s.exempt = {*base::Prefix::parse("203.0.113.64/26")};
    return s;
}

Change change(Change::Kind kind, const char* local, const char* remote, Width width, std::uint64_t call = 42) {
    nft::Pinhole p;
    p.width = width;
    p.local = *base::Endpoint::parse(local);
    if (width != Width::zone) p.remote = *base::Endpoint::parse(remote);
    p.call = base::CallNumber{call};
    return {kind, p};
}
Change open(const char* local, const char* remote, Width width = Width::exact) {
    return change(Change::Kind::open, local, remote, width);
}
Change close(const char* local, const char* remote, Width width = Width::exact) {
    return change(Change::Kind::close, local, remote, width);
}
Change numbered(std::uint32_t i) {
    nft::Pinhole p;
    p.local = {*base::Address::parse("198.51.100.1"), static_cast<std::uint16_t>(30000 + i % 10000)};
    p.remote = {base::Address::v4(0xcb007100 + i / 10000), 4000};
    p.call = base::CallNumber{i};
    return {Change::Kind::open, p};
}

class PinholesTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PinholesTest);
    CPPUNIT_TEST(a_pinhole_lets_in_exactly_its_peer);
    CPPUNIT_TEST(media_leaves_no_trace_in_conntrack);
    CPPUNIT_TEST(a_wide_pinhole_lets_in_whom_the_zone_permits);
    CPPUNIT_TEST(the_same_over_ipv6);
    CPPUNIT_TEST(without_an_engine_the_wall_is_closed);
    CPPUNIT_TEST(narrowing_is_one_transaction_and_keeps_the_owner);
    CPPUNIT_TEST(a_dump_tells_owner_and_counters);
    CPPUNIT_TEST(a_full_set_refuses_the_culprit_alone);
    CPPUNIT_TEST(without_the_privilege_everything_is_refused_and_nothing_half_open);
    CPPUNIT_TEST(a_deleted_table_is_repaired);
    CPPUNIT_TEST(a_changed_table_is_repaired_but_bans_by_hand_stay);
    CPPUNIT_TEST(own_changes_are_no_cause_for_repair);
    CPPUNIT_TEST(what_others_do_while_we_change_the_table_often_is_found);
    CPPUNIT_TEST(a_pinhole_may_be_opened_and_closed_in_one_transaction);
    CPPUNIT_TEST(foreign_tables_stay_as_they_are);
    CPPUNIT_TEST(what_an_earlier_life_left_waits_for_who_claims_it);
    CPPUNIT_TEST(elements_outlive_their_time_while_refreshed_and_end_after_a_crash);
    CPPUNIT_TEST(a_pinhole_that_expired_can_be_closed);
    CPPUNIT_TEST(a_reload_keeps_pinholes_and_counters);
    CPPUNIT_TEST(a_banned_source_reaches_no_listener);
    CPPUNIT_TEST(a_hurried_source_is_limited_and_a_peer_is_not);
    CPPUNIT_TEST(off_steers_but_drops_nothing);
    CPPUNIT_TEST_SUITE_END();

 public:
    void setUp() override {
        lab::enter_namespace();
        shell("ip addr add 198.51.100.1/32 dev lo; ip addr add 198.51.100.2/32 dev lo; ip addr add 203.0.113.9/24 "
              "dev lo; ip addr add 203.0.113.200/24 dev lo; ip addr add 203.0.113.70/24 dev lo; "
              "ip -6 addr add 2001:db8::1/64 dev lo nodad; ip -6 addr add 2001:db8::9/64 dev lo nodad");
    }

 private:
    static void done(const std::vector<TableKeeper::Outcome>& outcomes) {
        for (const auto& outcome : outcomes) CPPUNIT_ASSERT(!outcome);
    }

    void a_pinhole_lets_in_exactly_its_peer() {
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, true);
        const auto probe = [&](const char* from, const char* to) { return relay.gets_from(from, to); };
        CPPUNIT_ASSERT(!probe("203.0.113.9:4000", "198.51.100.1:30000"));
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        CPPUNIT_ASSERT(probe("203.0.113.9:4000", "198.51.100.1:30000"));
        CPPUNIT_ASSERT(!probe("203.0.113.9:4001", "198.51.100.1:30000"));
        CPPUNIT_ASSERT(!probe("203.0.113.200:4000", "198.51.100.1:30000"));
        CPPUNIT_ASSERT(!probe("203.0.113.9:4000", "198.51.100.1:30001"));
        done(keeper.commit(Requests{{open("198.51.100.1:30002", "203.0.113.9:0", Width::address)}}, now()));
        CPPUNIT_ASSERT(probe("203.0.113.9:4001", "198.51.100.1:30002"));
        CPPUNIT_ASSERT(!probe("203.0.113.200:4001", "198.51.100.1:30002"));
        done(keeper.commit(Requests{{close("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        CPPUNIT_ASSERT(!probe("203.0.113.9:4000", "198.51.100.1:30000"));
    }

    // The peer needs a namespace of its own here: what this one sends, it would track on its way out.
    void media_leaves_no_trace_in_conntrack() {
        shell("nft 'add table inet host; add chain inet host c { type filter hook input priority 0; }; "
              "add rule inet host c ct state new counter'");     // switches tracking on in this namespace
        const lab::Neighbour peer("192.0.2.1/24", "192.0.2.9/24", "198.51.100.0/24");
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, true);
        lab::PlainSocket listener("198.51.100.1:5060");
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "192.0.2.9:0", Width::address)}}, now()));
        peer.run("echo x >/dev/udp/198.51.100.1/30000; echo x >/dev/udp/198.51.100.1/5060");
        CPPUNIT_ASSERT(relay.gets_anything() && listener.gets_anything());
        lab::send_from("198.51.100.1:30000", "192.0.2.9:4000", "what the relay sends");
        done(keeper.commit(Requests{{close("198.51.100.1:30000", "192.0.2.9:0", Width::address)}}, now()));
        const auto tracked = shell("conntrack -L 2>/dev/null");
        CPPUNIT_ASSERT_MESSAGE(tracked, tracked.find("dport=5060") != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(tracked, tracked.find("port=30000") == std::string::npos);
    }

    void a_wide_pinhole_lets_in_whom_the_zone_permits() {
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, true);
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "", Width::zone)}}, now()));
        CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
        CPPUNIT_ASSERT(relay.gets_from("203.0.113.70:5000", "198.51.100.1:30000"));
        CPPUNIT_ASSERT(!relay.gets_from("203.0.113.200:4000", "198.51.100.1:30000"));
    }

    void the_same_over_ipv6() {
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, false);
        CPPUNIT_ASSERT(!relay.gets_from("[2001:db8::9]:4000", "[2001:db8::1]:30000"));
        done(keeper.commit(Requests{{open("[2001:db8::1]:30000", "[2001:db8::9]:4000")}}, now()));
        CPPUNIT_ASSERT(relay.gets_from("[2001:db8::9]:4000", "[2001:db8::1]:30000"));
        CPPUNIT_ASSERT(!relay.gets_from("[2001:db8::9]:4001", "[2001:db8::1]:30000"));
    }

    void without_an_engine_the_wall_is_closed() {
        TableKeeper keeper(spec(), now());
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        lab::PlainSocket squatter("198.51.100.1:30000");
        CPPUNIT_ASSERT(!squatter.gets_from("203.0.113.9:4000"));
        CPPUNIT_ASSERT(shell("nft list counter inet sallyport unsteered").find("packets 1 ") != std::string::npos);
    }

    void narrowing_is_one_transaction_and_keeps_the_owner() {
        TableKeeper keeper(spec(), now());
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "", Width::zone)}}, now()));
        done(keeper.commit(Requests{{close("198.51.100.1:30000", "", Width::zone),
                                     open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        const auto dump = keeper.dump();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, dump->size());
        CPPUNIT_ASSERT(dump->front().pinhole == open("198.51.100.1:30000", "203.0.113.9:4000").pinhole);
    }

    void a_dump_tells_owner_and_counters() {
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, true);
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        for (int i = 0; i < 3; ++i) relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000");
        const auto dump = keeper.dump();
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, dump->front().packets);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{42}, dump->front().pinhole.call.value);
        CPPUNIT_ASSERT(dump->front().expires_s >= 58 && dump->front().expires_s <= 60);
        const auto text = shell("nft list ruleset");
        CPPUNIT_ASSERT(text.find("udp . 198.51.100.1 . 30000 . 203.0.113.9 . 4000") != std::string::npos);
        CPPUNIT_ASSERT(text.find("comment \"call 42\"") != std::string::npos);
    }

    void a_full_set_refuses_the_culprit_alone() {
        auto small = spec();
        small.set_size = 10;
        TableKeeper keeper(small, now());
        Requests requests(5);
        for (std::uint32_t i = 0; i < 5; ++i)
            for (std::uint32_t k = 0; k < (i == 2 ? 11U : 2U); ++k) requests[i].push_back(numbered(i * 100 + k));
        const auto outcomes = keeper.commit(requests, now());
        for (std::size_t i = 0; i < 5; ++i)
            CPPUNIT_ASSERT(outcomes[i] == (i == 2 ? TableKeeper::Outcome(Reason::pinhole_set_full) : std::nullopt));
        CPPUNIT_ASSERT_EQUAL(std::size_t{8}, keeper.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{8}, keeper.dump()->size());
    }

    void without_the_privilege_everything_is_refused_and_nothing_half_open() {
        TableKeeper keeper(spec(), now());
        const pid_t child = fork();
        if (child == 0) {
            lab::drop_capabilities();
            const auto outcomes = keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now());
            _exit(outcomes[0] == Reason::pinhole_refused && keeper.size() == 0 ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CPPUNIT_ASSERT_EQUAL(0, status);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, keeper.dump()->size());
    }

    void a_deleted_table_is_repaired() {
        TableKeeper keeper(spec(), now());
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        keeper.ban(*base::Address::parse("192.0.2.7"), 100s, now());
        shell("nft delete table inet sallyport");
        keeper.work(now() + kQuiet);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, keeper.repairs());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, keeper.dump()->size());
        CPPUNIT_ASSERT(shell("nft list set inet sallyport banned4").find("192.0.2.7") != std::string::npos);
        // Noticed by a change too, before the event is read.
        shell("nft delete table inet sallyport");
        done(keeper.commit(Requests{{open("198.51.100.1:30002", "203.0.113.9:4002")}}, now() + 1s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, keeper.dump()->size());
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, keeper.repairs());
    }

    void a_changed_table_is_repaired_but_bans_by_hand_stay() {
        TableKeeper keeper(spec(), now());
        const auto rules = shell("nft -s list table inet sallyport");
        auto at = now();
        for (const char* damage :
             {"flush chain inet sallyport media4", "insert rule inet sallyport media4 accept",
              "add element inet sallyport zone4 { udp . 198.51.100.1 . 30000 }", "flush table inet sallyport",
              "add chain inet sallyport extra", "delete set inet sallyport exact6", "flush ruleset"}) {
            const auto before = keeper.repairs();
            shell("nft '" + std::string(damage) + "' 2>/dev/null");
            if (std::string_view(damage).starts_with("delete set")) continue;   // the kernel refuses: it is in use
            keeper.work(at += 1s);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(damage, before + 1, keeper.repairs());
            CPPUNIT_ASSERT_EQUAL(rules, shell("nft -s list table inet sallyport"));
        }
        const auto before = keeper.repairs();
        shell("nft add element inet sallyport banned4 { 192.0.2.9 timeout 100s }");
        shell("nft add table inet another; nft delete table inet another");
        keeper.work(at + 1s);
        CPPUNIT_ASSERT_EQUAL(before, keeper.repairs());
    }

    void own_changes_are_no_cause_for_repair() {
        TableKeeper keeper(spec(), now());
        auto at = now();
        for (std::uint32_t i = 0; i < 100; ++i) {
            done(keeper.commit(Requests{{numbered(i)}}, at));
            keeper.work(at += 1s);
        }
        keeper.reload(spec(), at);
        keeper.ban(*base::Address::parse("192.0.2.7"), 1s, at);
        std::this_thread::sleep_for(1500ms);    // the kernel itself takes the ban out
        keeper.work(at + 1s);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, keeper.repairs());
    }

    // Often enough that nobody listens to events.
    void what_others_do_while_we_change_the_table_often_is_found() {
        TableKeeper keeper(spec(), now());
        auto at = now();
        std::uint32_t number = 0;
        const auto commit_some = [&] {
            for (int i = 0; i < 3; ++i) done(keeper.commit(Requests{{numbered(number++)}}, at += 1ms));
        };
        commit_some();
        CPPUNIT_ASSERT_MESSAGE("events are listened to", keeper.deadline() <= at + kQuiet);

        shell("nft add table inet another; nft delete table inet another");
        commit_some();
        keeper.work(at);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, keeper.repairs());

        for (const char* damage :
             {"flush chain inet sallyport media4", "insert rule inet sallyport media4 accept",
              "add element inet sallyport zone4 { udp . 198.51.100.1 . 30000 }", "flush set inet sallyport exact4",
              "add element inet sallyport permitted4 { 198.51.100.1 . 30000-39999 . 203.0.113.128/25 }",
              "add chain inet sallyport extra", "delete table inet sallyport", "flush ruleset"}) {
            const auto before = keeper.repairs();
            const auto rules = shell("nft -s list table inet sallyport | grep -v 'udp \\.'");
            commit_some();
            shell("nft '" + std::string(damage) + "'");
            commit_some();                          // no call waits for what others did
            keeper.work(at += 10s);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(damage, before + 1, keeper.repairs());
            CPPUNIT_ASSERT_EQUAL(std::size_t{number}, keeper.dump()->size());
            CPPUNIT_ASSERT_EQUAL(rules, shell("nft -s list table inet sallyport | grep -v 'udp \\.'"));
        }

        // After the last change of ours nothing but the clock tells.
        commit_some();
        shell("nft delete table inet sallyport");
        const auto before = keeper.repairs();
        keeper.work(at = keeper.deadline());
        CPPUNIT_ASSERT_EQUAL(before + 1, keeper.repairs());
        keeper.work(at += 10s);
        CPPUNIT_ASSERT_EQUAL(before + 1, keeper.repairs());
    }

    void a_pinhole_may_be_opened_and_closed_in_one_transaction() {
        TableKeeper keeper(spec(), now());
        const char *local = "198.51.100.1:30000", *remote = "203.0.113.9:4000";
        done(keeper.commit(Requests{{open(local, remote)}, {close(local, remote)}}, now()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, keeper.dump()->size());
        done(keeper.commit(Requests{{open(local, remote)}, {close(local, remote), open(local, remote)}}, now()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, keeper.dump()->size());
        done(keeper.commit(Requests{{close(local, remote)}, {open(local, remote)}, {close(local, remote)}}, now()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, keeper.dump()->size());
    }

    void foreign_tables_stay_as_they_are() {
        shell("nft -f - <<'X'\ntable inet host { set a { type ipv4_addr; elements = { 192.0.2.1 } }\n"
              "chain input { type filter hook input priority filter; policy accept; ip saddr @a counter drop\n}\n}\n"
              "table ip sallyport { chain x {\n}\n}\nX");
        const auto foreign = [] {
            return shell("nft -a list table inet host; nft -a list table ip sallyport; nft list tables | grep -v 'inet sallyport'");
        };
        const auto before = foreign();
        CPPUNIT_ASSERT(before.find("192.0.2.1") != std::string::npos);
        {
            TableKeeper keeper(spec(), now());
            done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
            shell("nft delete table inet sallyport");
            keeper.work(now());
            keeper.reload(spec(), now());
            keeper.close_all(now());
            CPPUNIT_ASSERT_EQUAL(before, foreign());
            keeper.remove_table();
        }
        CPPUNIT_ASSERT_EQUAL(before, foreign());
        CPPUNIT_ASSERT(shell("nft list tables").find("inet sallyport") == std::string::npos);
    }

    void what_an_earlier_life_left_waits_for_who_claims_it() {
        {
            TableKeeper earlier(spec(), now());
            done(earlier.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000"),
                                          open("198.51.100.1:30002", "203.0.113.9:4002")}}, now()));
            shell("nft insert rule inet sallyport media4 accept");
        }
        TableKeeper keeper(spec(), now());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, keeper.dump()->size());
        done(keeper.commit(Requests{{open("198.51.100.1:30002", "203.0.113.9:4002")}}, now()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, keeper.close_forsaken(now()));
        const auto kept = *keeper.dump();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, kept.size());
        CPPUNIT_ASSERT_EQUAL(std::uint16_t{30002}, kept.front().pinhole.local.port);
        CPPUNIT_ASSERT(shell("nft list chain inet sallyport media4").find("\t\taccept") == std::string::npos);
    }

    void elements_outlive_their_time_while_refreshed_and_end_after_a_crash() {
        auto brief = spec();
        brief.pinhole_timeout = 3s;
        {
            TableKeeper keeper(brief, now());
            lab::SteeredSocket relay(kSteer, true);
            done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
            CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
            for (const auto end = now() + 5s; now() < end; std::this_thread::sleep_for(100ms)) keeper.work(now());
            CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, keeper.dump()->front().packets);
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, keeper.repairs());
        }
        std::this_thread::sleep_for(3200ms);
        CPPUNIT_ASSERT(shell("nft list set inet sallyport exact4").find("udp .") == std::string::npos);
        CPPUNIT_ASSERT(shell("nft list chain inet sallyport media4").find("drop") != std::string::npos);
    }

    void a_pinhole_that_expired_can_be_closed() {
        auto brief = spec();
        brief.pinhole_timeout = 1s;
        TableKeeper keeper(brief, now());
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        std::this_thread::sleep_for(1300ms);
        done(keeper.commit(Requests{{close("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, keeper.size());
    }

    void a_reload_keeps_pinholes_and_counters() {
        TableKeeper keeper(spec(), now());
        lab::SteeredSocket relay(kSteer, true);
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
        auto wider = spec();
        wider.permitted.front().source = {};
        wider.listeners.push_back({*base::Endpoint::parse("198.51.100.1:5070"), true, false});
        CPPUNIT_ASSERT(!keeper.reload(wider, now()));
        CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, keeper.dump()->front().packets);
        CPPUNIT_ASSERT(shell("nft list table inet sallyport").find("0.0.0.0/0") != std::string::npos);
        wider.table = "another";
        CPPUNIT_ASSERT(keeper.reload(wider, now()));
    }

    void a_banned_source_reaches_no_listener() {
        TableKeeper keeper(spec(), now());
        lab::PlainSocket listener("198.51.100.1:5060");
        CPPUNIT_ASSERT(listener.gets_from("203.0.113.9:5060"));
        CPPUNIT_ASSERT(!keeper.ban(*base::Address::parse("203.0.113.9"), 60s, now()));
        CPPUNIT_ASSERT(!listener.gets_from("203.0.113.9:5060"));
        CPPUNIT_ASSERT(listener.gets_from("203.0.113.200:5060"));
        CPPUNIT_ASSERT(!keeper.unban(*base::Address::parse("203.0.113.9"), now()));
        CPPUNIT_ASSERT(!keeper.unban(*base::Address::parse("203.0.113.9"), now()));
        CPPUNIT_ASSERT(listener.gets_from("203.0.113.9:5060"));
    }

    void a_hurried_source_is_limited_and_a_peer_is_not() {
        auto slow = spec();
        slow.signalling_rate = 10;
        slow.signalling_burst = 20;
        TableKeeper keeper(slow, now());
        lab::PlainSocket listener("198.51.100.1:5060");
        const int got = listener.count_from("203.0.113.9:5060", 200);
        CPPUNIT_ASSERT_MESSAGE(std::to_string(got), got >= 20 && got <= 60);
        CPPUNIT_ASSERT_EQUAL(200, listener.count_from("203.0.113.70:5060", 200));
    }

    void off_steers_but_drops_nothing() {
        auto off = spec();
        off.enforce = false;
        TableKeeper keeper(off, now());
        lab::PlainSocket other("198.51.100.1:30010");
        CPPUNIT_ASSERT(other.gets_from("203.0.113.200:4000"));
        lab::SteeredSocket relay(kSteer, true);
        done(keeper.commit(Requests{{open("198.51.100.1:30000", "203.0.113.9:4000")}}, now()));
        CPPUNIT_ASSERT(relay.gets_from("203.0.113.9:4000", "198.51.100.1:30000"));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PinholesTest);

}  // namespace
