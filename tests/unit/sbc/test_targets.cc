// Targets that are silent, refuse, die and come back; peers that drain and are full; calls that no limit holds up.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {
namespace {

using namespace std::chrono_literals;
using sip::Method;

constexpr std::string_view kOne = "198.51.100.21:5060", kTwo = "198.51.100.22:5060", kThree = "198.51.100.23:5060";

// A peer by name, and a route from inside to it and then to the spare one.
std::string named(std::string_view more = "", std::string_view emergency = "") {
    return "[peers.farm]\nzone = \"inside\"\nuri = \"sip:farm.example\"\n" + std::string(more) + "\n" + std::string(emergency) +
           "\n[[routes]]\nname = \"farm\"\nfrom = \"inside\"\nto = [\"farm\", \"spare\"]\n"
           "failover = { on = [\"5xx\"], after = \"2s\" }\n";
}

sip::Server server(std::string_view endpoint, std::uint16_t rank, std::uint16_t weight = 0) {
    const auto at = *base::Endpoint::parse(endpoint);
    return {rank, weight, base::Transport::udp, "x.example", at.port, {at.address}};
}

// The farm's calls come from inside, from a phone there: only the targets matter.
class Farm : public Ladder {
 public:
    static constexpr std::string_view kPhone = "198.51.100.99:5060";
    static constexpr base::PeerId kFarm{2};

    explicit Farm(std::string_view more = "", std::string_view emergency = "") : Ladder(named(more, emergency)) {
        place({server(kOne, 1), server(kTwo, 2)});
    }

    void place(std::vector<sip::Server> servers) {
        b2bua().on_located(kFarm, std::move(servers), now());
        collect();
    }

    sip::Message call(std::string_view user = "desk") {
        auto invite = this->invite(kPhone, user, description(kPhone, 4000));
        from(kPhone, invite);
        acknowledge();
        return invite;
    }

    // Who got the call's INVITE; empty: nobody.
    std::string rung() {
        for (const auto peer : {kOne, kTwo, kThree, kSpare})
            if (!quiet(peer)) return std::string(peer);
        return {};
    }

    // A call that the target turns down at once, and is done with.
    std::string whom() {
        call();
        const auto at = rung();
        if (at.empty()) return {};
        const auto invite = to(at);
        from(at, answer(at, invite, 486, "busy"));
        skip(at);
        skip(kPhone);
        return at;
    }

    const TargetView& target(std::size_t index) {
        for (auto& peer : peers_ = b2bua().peers())
            if (peer.name == "farm") return peer.targets.at(index);
        throw std::out_of_range("farm");
    }
    const PeerView& peer() {
        target(0);
        return *std::ranges::find(peers_, "farm", &PeerView::name);
    }

 private:
    std::vector<PeerView> peers_;
};

}  // namespace

class TestTargets : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestTargets);
    CPPUNIT_TEST(targets_are_tried_by_rank_within_a_peer_and_then_the_next_peer);
    CPPUNIT_TEST(weights_share_the_calls_out);
    CPPUNIT_TEST(a_silent_target_is_passed_over_until_its_time_is_over);
    CPPUNIT_TEST(where_all_are_silent_they_are_tried_all_the_same);
    CPPUNIT_TEST(a_broken_transport_goes_to_the_next_at_once);
    CPPUNIT_TEST(retry_after_is_heeded_and_bounded);
    CPPUNIT_TEST(a_503_without_retry_after_concerns_one_call);
    CPPUNIT_TEST(probes_put_a_target_down_and_up_by_their_thresholds);
    CPPUNIT_TEST(a_probe_brings_back_what_a_call_found_silent);
    CPPUNIT_TEST(a_new_location_keeps_what_is_known_of_the_targets_that_stay);
    CPPUNIT_TEST(no_location_is_the_next_peer);
    CPPUNIT_TEST(a_draining_peer_gets_no_new_call_and_keeps_its_own);
    CPPUNIT_TEST(limits_hold_in_each_direction);
    CPPUNIT_TEST(bandwidth_is_counted_by_the_first_offer);
    CPPUNIT_TEST(a_call_of_an_earlier_life_counts);
    CPPUNIT_TEST(an_emergency_call_knows_no_limit);
    CPPUNIT_TEST(an_emergency_call_keeps_its_service_and_its_urgency);
    CPPUNIT_TEST(probes_leave_nothing_when_a_target_goes);
    CPPUNIT_TEST(what_is_under_way_keeps_its_targets_over_a_reload);
    CPPUNIT_TEST_SUITE_END();

    void what_is_under_way_keeps_its_targets_over_a_reload() {
        for (const auto* method : {"INVITE", "MESSAGE"}) {
            Farm farm;
            if (std::string_view(method) == "INVITE") farm.call();
            else farm.from(Farm::kPhone, farm.request(Farm::kPhone, method, "sip:desk@198.51.100.1"));
            for (const auto at : {kOne, kTwo, kSpare}) {
                const auto request = farm.to(at);
                CPPUNIT_ASSERT_EQUAL(std::string_view(method), request.method_text());
                CPPUNIT_ASSERT_EQUAL(std::string_view(at == kSpare ? "sip:desk@198.51.100.11" : "sip:desk@farm.example"),
                                     request.request_uri());
                if (at == kOne) farm.reload("");             // there is no farm any more
                farm.from(at, farm.answer(at, request, at == kSpare ? 486 : 500, "no"));
                farm.acknowledge();
                farm.skip(at);
            }
            while (!farm.quiet(Farm::kPhone))
                if (const auto said = farm.to(Farm::kPhone); said.status() >= 200) CPPUNIT_ASSERT_EQUAL(486, said.status());
            CPPUNIT_ASSERT(farm.is_empty_after(40s));
        }
    }

    void targets_are_tried_by_rank_within_a_peer_and_then_the_next_peer() {
        Farm farm;
        farm.call();
        for (const auto at : {kOne, kTwo, kSpare}) {
            const auto invite = farm.to(at);
            CPPUNIT_ASSERT(invite.method() == Method::invite);
            CPPUNIT_ASSERT_EQUAL(std::string_view(at == kSpare ? "sip:desk@198.51.100.11" : "sip:desk@farm.example"),
                                 invite.request_uri());
            farm.from(at, farm.answer(at, invite, 500, "no"));
            farm.acknowledge();
            farm.skip(at);
        }
        farm.skip(Farm::kPhone);
        CPPUNIT_ASSERT(farm.is_empty_after(40s));
    }

    void weights_share_the_calls_out() {
        Farm farm;
        farm.place({server(kOne, 1, 30), server(kTwo, 1, 10), server(kThree, 2, 1000)});
        std::map<std::string, int> got;
        for (int i = 0; i < 200; ++i) {
            ++got[farm.whom()];
            farm.pass(40s);
        }
        CPPUNIT_ASSERT_EQUAL(200, got[std::string(kOne)] + got[std::string(kTwo)]);
        CPPUNIT_ASSERT(std::abs(got[std::string(kOne)] - 147) < 25);     // four standard deviations
    }

    void a_silent_target_is_passed_over_until_its_time_is_over() {
        Farm farm;
        farm.call();
        CPPUNIT_ASSERT(farm.to(kOne).method() == Method::invite);
        farm.pass(2500ms);
        farm.acknowledge();
        farm.from(kTwo, farm.answer(kTwo, farm.to(kTwo), 486, "busy"));
        farm.skip(kOne), farm.skip(kTwo), farm.skip(Farm::kPhone);
        CPPUNIT_ASSERT_EQUAL(std::string("passed_over"), farm.target(0).state);
        CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), farm.target(0).why);
        farm.pass(20s);
        farm.skip(kOne);
        CPPUNIT_ASSERT_EQUAL(std::string(kTwo), farm.whom());
        farm.pass(20s);
        farm.skip(kOne);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
        CPPUNIT_ASSERT_EQUAL(std::string("unknown"), farm.target(0).state);
    }

    void where_all_are_silent_they_are_tried_all_the_same() {
        Farm farm;
        farm.place({server(kOne, 1)});
        farm.b2bua().drain("spare", true);
        farm.call();
        farm.skip(kOne);
        break_transport(farm, kOne);
        farm.skip(Farm::kPhone);
        CPPUNIT_ASSERT_EQUAL(std::string("passed_over"), farm.target(0).state);
        CPPUNIT_ASSERT_EQUAL(std::string("down"), farm.peer().state);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
        CPPUNIT_ASSERT_EQUAL(std::string("unknown"), farm.target(0).state);   // it has answered
    }

    static void break_transport(Farm& farm, std::string_view to) {
        base::Flow flow;
        flow.remote = *base::Endpoint::parse(to);
        flow.local = *base::Endpoint::parse("198.51.100.1:5060");
        flow.listener = base::ListenerId{2};
        farm.b2bua().on_transport_failed(flow, farm.now());
        farm.collect();
        farm.acknowledge();
    }

    void a_broken_transport_goes_to_the_next_at_once() {
        Farm farm;
        farm.call();
        farm.skip(kOne);
        break_transport(farm, kOne);
        CPPUNIT_ASSERT(farm.to(kTwo).method() == Method::invite);
        CPPUNIT_ASSERT_EQUAL(std::string("the transport failed"), farm.target(0).why);
    }

    static void refuse_with_retry_after(Farm& farm, std::string_view retry_after) {
        farm.call();
        auto busy = farm.answer(kOne, farm.to(kOne), 503, "full");
        if (!retry_after.empty()) busy.set(sip::HeaderName::retry_after, retry_after);
        farm.from(kOne, busy);
        farm.acknowledge();
        farm.from(kTwo, farm.answer(kTwo, farm.to(kTwo), 486, "busy"));
        farm.skip(kOne), farm.skip(kTwo), farm.skip(Farm::kPhone);
    }

    void retry_after_is_heeded_and_bounded() {
        Farm farm;
        refuse_with_retry_after(farm, "60 (later);duration=9");
        CPPUNIT_ASSERT_EQUAL(std::string("passed_over"), farm.target(0).state);
        farm.pass(59s);
        CPPUNIT_ASSERT_EQUAL(std::string(kTwo), farm.whom());
        farm.pass(2s);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
        Farm second;
        refuse_with_retry_after(second, "999999");
        second.pass(301s);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), second.whom());
        for (const auto hostile : {"-5", "abc", "99999999999999999999", "0"}) {
            Farm third;
            refuse_with_retry_after(third, hostile);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(hostile, std::string(kOne), third.whom());
        }
    }

    void a_503_without_retry_after_concerns_one_call() {
        Farm farm;
        refuse_with_retry_after(farm, {});
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
    }

    static void answer_probe(Farm& farm, std::string_view at, int status) {
        const auto options = farm.to(at);
        CPPUNIT_ASSERT(options.method() == Method::options);
        farm.from(at, farm.answer(at, options, status, "t"));
    }

    void probes_put_a_target_down_and_up_by_their_thresholds() {
        Farm farm("probe = { every = \"60s\", down_after = 2, up_after = 2 }");
        answer_probe(farm, kOne, 200), answer_probe(farm, kTwo, 200);
        CPPUNIT_ASSERT_EQUAL(std::string("up"), farm.target(0).state);
        const auto round = [&](int status) {
            farm.pass(60s);
            answer_probe(farm, kOne, status), answer_probe(farm, kTwo, 404);
        };
        round(503);
        CPPUNIT_ASSERT_EQUAL(std::string("up"), farm.target(0).state);
        round(503);
        CPPUNIT_ASSERT_EQUAL(std::string("down"), farm.target(0).state);
        CPPUNIT_ASSERT_EQUAL(std::string("it does not answer OPTIONS"), farm.target(0).why);
        CPPUNIT_ASSERT_EQUAL(std::string(kTwo), farm.whom());
        CPPUNIT_ASSERT_EQUAL(std::string("up"), farm.peer().state);
        round(200);
        CPPUNIT_ASSERT_EQUAL(std::string("down"), farm.target(0).state);
        round(200);
        CPPUNIT_ASSERT_EQUAL(std::string("up"), farm.target(0).state);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
    }

    void a_probe_brings_back_what_a_call_found_silent() {
        Farm farm("probe = \"50s\"\nblacklist = \"10m\"");
        answer_probe(farm, kOne, 200), answer_probe(farm, kTwo, 200);
        farm.call();
        farm.skip(kOne);
        farm.pass(2100ms);
        farm.acknowledge();
        farm.from(kTwo, farm.answer(kTwo, farm.to(kTwo), 486, "busy"));
        farm.skip(kOne), farm.skip(kTwo), farm.skip(Farm::kPhone);
        CPPUNIT_ASSERT_EQUAL(std::string(kTwo), farm.whom());
        farm.skip(kOne);
        farm.pass(1s);                                              // a probe goes there before its turn
        auto message = farm.to(kOne);
        while (message.method() != Method::options) message = farm.to(kOne);   // the CANCEL is still repeated
        farm.from(kOne, farm.answer(kOne, message, 200, "t"));
        farm.skip(kOne);
        CPPUNIT_ASSERT_EQUAL(std::string("up"), farm.target(0).state);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
    }

    void a_new_location_keeps_what_is_known_of_the_targets_that_stay() {
        Farm farm;
        refuse_with_retry_after(farm, "100");
        farm.place({server(kThree, 1), server(kOne, 0)});
        CPPUNIT_ASSERT_EQUAL(std::string(kThree), farm.whom());
        farm.place({server(kOne, 0)});
        CPPUNIT_ASSERT_EQUAL(std::string(kSpare), farm.whom());     // it asked to be left alone
        farm.pass(101s);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
    }

    void no_location_is_the_next_peer() {
        Farm farm;
        farm.place({});
        CPPUNIT_ASSERT_EQUAL(std::string(kSpare), farm.whom());
        for (const auto& peer : farm.b2bua().peers())
            if (peer.name == "farm") CPPUNIT_ASSERT_EQUAL(std::string("no address is known"), peer.why);
    }

    void a_draining_peer_gets_no_new_call_and_keeps_its_own() {
        Farm farm;
        const auto invite = farm.call();
        const auto far = farm.to(kOne);
        farm.from(kOne, farm.answer(kOne, far, 200, "one", description(kOne, 6000)));
        farm.acknowledge();
        farm.skip(Farm::kPhone);
        farm.b2bua().drain("farm", true);
        CPPUNIT_ASSERT(farm.peer().draining);
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{1}, farm.target(0).calls);
        CPPUNIT_ASSERT_EQUAL(std::string(kSpare), farm.whom());
        CPPUNIT_ASSERT_EQUAL(std::uint32_t{1}, farm.target(0).calls);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, farm.b2bua().totals().calls);
        farm.b2bua().drain("farm", false);
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.whom());
    }

    void limits_hold_in_each_direction() {
        Farm farm("limits = { calls_out = 1 }\nsources = [\"198.51.100.99\"]");
        farm.call();                                                 // from the farm itself, and to it
        CPPUNIT_ASSERT_EQUAL(std::string(kOne), farm.rung());
        farm.skip(kOne);
        farm.call();
        CPPUNIT_ASSERT_EQUAL(std::string(kSpare), farm.rung());
        Farm in("limits = { calls_in = 1 }\nsources = [\"198.51.100.99\"]");
        in.call();
        in.skip(kOne), in.skip(Farm::kPhone);
        in.call();
        CPPUNIT_ASSERT_EQUAL(std::string(), in.rung());
        in.to(Farm::kPhone);                                         // 100
        CPPUNIT_ASSERT_EQUAL(503, in.to(Farm::kPhone).status());
    }

    void bandwidth_is_counted_by_the_first_offer() {
        Farm farm("limits = { bandwidth = 200 }");                   // two calls of G.711 at 87 kbit/s
        for (const auto expected : {kOne, kOne, kSpare}) {
            farm.call();
            CPPUNIT_ASSERT_EQUAL(std::string(expected), farm.rung());
            farm.skip(kOne);
        }
    }

    void a_call_of_an_earlier_life_counts() {
        for (const std::string limit : {"calls_out = 1", "bandwidth = 100"}) {       // G.711 takes 87 kbit/s
            const auto policy = "[peers.phone]\nzone = \"outside\"\nuri = \"sip:203.0.113.20:5060\"\nlimits = { " + limit +
                                " }\n[[routes]]\nname = \"out\"\nfrom = \"inside\"\nto = [\"phone\"]\n";
            Ladder ladder(policy);
            const auto invite = ladder.invite(kPbx, "ann", description(kPbx, 4000));
            ladder.from(kPbx, invite);
            ladder.skip(kPbx);
            ladder.acknowledge();
            ladder.from(kOutside, ladder.answer(kOutside, ladder.to(kOutside), 200, "ann", description(kOutside, 6000)));
            ladder.acknowledge();
            const auto ok = ladder.to(kPbx);
            ladder.from(kPbx, ladder.within(invite, ok, "ACK"));
            ladder.crash(policy);
            ladder.skip(kOutside);
            const auto call_again = [&] {
                ladder.from(kPbx, ladder.invite(kPbx, "bob", description(kPbx, 4100)));
                ladder.skip(kPbx);
                ladder.acknowledge();
            };
            call_again();
            CPPUNIT_ASSERT(ladder.quiet(kOutside));
            ladder.from(kPbx, ladder.within(invite, ok, "BYE"));
            CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::bye);
            call_again();
            CPPUNIT_ASSERT(ladder.to(kOutside).method() == Method::invite);
        }
    }

    void an_emergency_call_knows_no_limit() {
        Farm farm("limits = { calls = 0, cps = 0.001, bandwidth = 1 }\nsources = [\"198.51.100.99\"]",
                  "[emergency]\nnumbers = [\"112\", \"9-1-1\"]\nto = [\"farm\"]");
        farm.b2bua().drain("farm", true);
        farm.b2bua().drain(true);
        for (const auto user : {"112", "%3112", "911", "1-1-2"}) {
            farm.call(user);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(user, std::string(kOne), farm.rung());
            farm.skip(kOne);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, farm.b2bua().calls().size());
        for (const auto& view : farm.b2bua().calls()) CPPUNIT_ASSERT(view.emergency && view.route == "emergency");
        farm.skip(Farm::kPhone);
        for (const auto user : {"1120", "desk", "0112"}) {
            farm.call(user);
            CPPUNIT_ASSERT_EQUAL_MESSAGE(user, std::string(), farm.rung());
            farm.to(Farm::kPhone);
            CPPUNIT_ASSERT_EQUAL(503, farm.to(Farm::kPhone).status());
        }
    }

    void an_emergency_call_keeps_its_service_and_its_urgency() {
        Farm farm("headers = \"bare\"", "[headers.bare]\nrules = [{ remove = \"Priority\" }, { remove = \"Resource-Priority\" }]\n"
                                        "[emergency]\nto = [\"farm\"]");
        const auto send = [&](std::string_view uri) {
            auto invite = farm.invite(Farm::kPhone, "desk", description(Farm::kPhone, 4000));
            invite.set_request_uri(uri);
            invite.set("Priority", "emergency");
            invite.set("Resource-Priority", "esnet.0, wps.1");
            farm.from(Farm::kPhone, invite);
            farm.acknowledge();
            return farm.to(kOne);
        };
        const auto sos = send("urn:service:sos.fire");
        CPPUNIT_ASSERT_EQUAL(std::string_view("urn:service:sos.fire"), sos.request_uri());
        CPPUNIT_ASSERT_EQUAL(std::string_view("emergency"), sos.value("Priority"));
        CPPUNIT_ASSERT_EQUAL(std::string_view("esnet.0, wps.1"), sos.value("Resource-Priority"));
        const auto usual = send("sip:desk@203.0.113.1");
        CPPUNIT_ASSERT(!usual.has(sip::HeaderName::priority));
        CPPUNIT_ASSERT(usual.value("Resource-Priority").empty());
    }

    void probes_leave_nothing_when_a_target_goes() {
        Farm farm("probe = \"30s\"");
        const auto before = farm.b2bua().totals();
        farm.place({});
        CPPUNIT_ASSERT(farm.b2bua().totals().remains < before.remains);
        farm.pass(40s);
        farm.skip(kOne), farm.skip(kTwo);
        farm.pass(100s);
        CPPUNIT_ASSERT(farm.quiet(kOne) && farm.quiet(kTwo));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, farm.b2bua().totals().remains);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestTargets);

}  // namespace sbc::test
