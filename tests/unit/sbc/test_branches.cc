// Calls that we fork ourselves (RFC 3261, 16.7): the first answer wins, else the best one; the losers leave nothing.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::HeaderName;
using sip::Message;
using sip::Method;

namespace {

constexpr std::string_view kThird = "198.51.100.12:5060";

std::string policy_of(std::string_view fork) {
    return "[peers.third]\nzone = \"inside\"\nuri = \"sip:198.51.100.12\"\n"
           "[peers.world]\nzone = \"outside\"\nuri = \"sip:203.0.113.60\"\n"
           "[[routes]]\nname = \"all\"\nfrom = \"inside\"\nto = [\"pbx\", \"spare\", \"third\"]\n" + std::string(fork) + "\n";
}

// From a phone inside to three peers inside.
class Rung : public Ladder {
 public:
    static constexpr std::string_view kPhone = "198.51.100.99:5060";

    explicit Rung(std::string_view fork = "fork = \"parallel\"") : Ladder(policy_of(fork)) {}

    void call(bool reliable = false) {
        invite_ = invite(kPhone, "desk", description(kPhone, 4000));
        if (reliable) invite_->add(HeaderName::supported, "100rel");
        from(kPhone, *invite_);
        acknowledge();
        CPPUNIT_ASSERT_EQUAL(100, to(kPhone).status());
    }
    // The INVITE that rings there.
    Message& rings(std::string_view peer) {
        auto far = to(peer);
        CPPUNIT_ASSERT(far.method() == Method::invite);
        return rung_.insert_or_assign(std::string(peer), std::move(far)).first->second;
    }
    void all_ring() {
        for (const auto peer : {kPbx, kSpare, kThird}) rings(peer);
    }
    void says(std::string_view peer, int status, bool described = false) {
        from(peer, answer(peer, rung_.at(std::string(peer)), status, "far",
                          described ? description(peer, 5000) : std::string()));
        acknowledge();
    }
    // A CANCEL came, is answered, and the INVITE with it.
    Message is_cancelled(std::string_view peer) {
        auto cancel = to(peer);
        CPPUNIT_ASSERT_MESSAGE(std::string(peer), cancel.method() == Method::cancel);
        from(peer, answer(peer, cancel, 200, "far"));
        says(peer, 487);
        CPPUNIT_ASSERT(to(peer).method() == Method::ack);
        return cancel;
    }
    void is_acknowledged(std::string_view peer) { CPPUNIT_ASSERT(to(peer).method() == Method::ack); }
    Message heard(int status) {
        auto message = to(kPhone);
        CPPUNIT_ASSERT_EQUAL(status, message.status());
        return message;
    }
    void acknowledge_answer(const Message& ok) { from(kPhone, ack(*invite_, ok)); }
    void hang_up(const Message& ok, std::string_view peer) {
        auto bye = within(*invite_, ok, "BYE");
        from(kPhone, bye);
        CPPUNIT_ASSERT_EQUAL(200, to(kPhone).status());
        const auto far = to(peer);
        CPPUNIT_ASSERT(far.method() == Method::bye);
        from(peer, answer(peer, far, 200, "far"));
    }
    void nothing_is_left() {
        for (const auto peer : {kPhone, kPbx, kSpare, kThird}) CPPUNIT_ASSERT_MESSAGE(std::string(peer), quiet(peer));
        CPPUNIT_ASSERT(is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, records().size());
    }
    // "pbx 486, spare 0" of the only record.
    std::string branches() const {
        std::string text;
        for (const auto& branch : records().at(0)->branches)
            text += (text.empty() ? "" : ", ") + branch.peer + " " + std::to_string(branch.status);
        return text;
    }
    // All ring, and the spare says no for all.
    void is_refused_by_one() {
        call();
        all_ring();
        for (const auto peer : {kPbx, kThird}) says(peer, 180), heard(180);
        says(kSpare, 603);
        is_acknowledged(kSpare);
    }
    const Message& placed() const { return *invite_; }
    const Message& far(std::string_view peer) const { return rung_.at(std::string(peer)); }

 private:
    std::optional<Message> invite_;
    std::map<std::string, Message> rung_;
};

}  // namespace

// An empty report of a phone inside that names it, as the relay sends it on.
std::string report_leaves(Ladder& ladder, const base::Endpoint& local, const base::Endpoint& from) {
    std::string packet("\x80\xc9\0\1abcd\x81\xca\0\6abcd\1\x0f" "bob@198.51.100.1\0\0", 36);
    CPPUNIT_ASSERT(ladder.media(local, from, std::span(reinterpret_cast<std::uint8_t*>(packet.data()), packet.size())));
    return packet;
}

class TestBranches : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestBranches);
    CPPUNIT_TEST(all_ring_at_once_and_the_first_answer_wins);
    CPPUNIT_TEST(each_branch_is_a_dialog_with_ports_of_its_own);
    CPPUNIT_TEST(the_branch_that_wins_hides_as_the_first_would);
    CPPUNIT_TEST(a_2xx_that_crosses_the_cancel_is_ended);
    CPPUNIT_TEST(the_best_final_response_is_heard_when_all_have_ended);
    CPPUNIT_TEST(a_6xx_is_heard_once_the_others_have_ended);
    CPPUNIT_TEST(a_2xx_that_crosses_a_6xx_wins);
    CPPUNIT_TEST(after_a_6xx_nobody_else_is_asked);
    CPPUNIT_TEST(a_caller_may_cancel_after_a_6xx);
    CPPUNIT_TEST(the_caller_cancels_all);
    CPPUNIT_TEST(a_branch_that_waits_for_its_pinholes_goes_quietly);
    CPPUNIT_TEST(a_refused_pinhole_ends_one_branch);
    CPPUNIT_TEST(each_branch_has_its_pracks);
    CPPUNIT_TEST(serial_branches_ring_one_after_another);
    CPPUNIT_TEST(a_serial_branch_that_refuses_makes_way_at_once);
    CPPUNIT_TEST(limits_and_counts_hold_for_each_branch_and_once_for_the_caller);
    CPPUNIT_TEST(a_command_ends_all_branches);
    CPPUNIT_TEST(the_call_that_won_outlives_its_process);
    CPPUNIT_TEST(an_attempt_that_dies_with_its_process_is_written_down_once);
    CPPUNIT_TEST_SUITE_END();

    void all_ring_at_once_and_the_first_answer_wins() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        for (const auto peer : {kPbx, kSpare, kThird}) ladder.says(peer, 180);
        for (int i = 0; i < 3; ++i) ladder.heard(180);
        ladder.says(kSpare, 200, true);
        for (const auto peer : {kPbx, kThird})
            CPPUNIT_ASSERT_EQUAL(std::string("SIP;cause=200;text=\"Call completed elsewhere\""),
                                 std::string(ladder.is_cancelled(peer).value(HeaderName::reason)));
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kSpare);
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ladder.open());      // RTP and RTCP at both sides, of the winner only
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.b2bua().calls().size());
        ladder.hang_up(ok, kSpare);
        ladder.nothing_is_left();
        CPPUNIT_ASSERT_EQUAL(std::string("pbx 0, third 0, spare 200"), ladder.branches());
        CPPUNIT_ASSERT_EQUAL(std::string("spare"), ladder.records()[0]->call.peer_b);
    }

    void each_branch_is_a_dialog_with_ports_of_its_own() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        CPPUNIT_ASSERT(ladder.far(kPbx).call_id() != ladder.far(kSpare).call_id());
        CPPUNIT_ASSERT(ladder.far(kPbx).body() != ladder.far(kSpare).body());
        std::set<std::string> tags, bodies;
        for (const auto peer : {kPbx, kSpare, kThird}) {
            ladder.says(peer, 183, true);
            const auto early = ladder.heard(183);
            tags.emplace(early.to_tag());
            bodies.emplace(early.body());
            ladder.media(std::string(Rung::kPhone.substr(0, Rung::kPhone.find(':'))) + ":4000", early);
        }
        CPPUNIT_ASSERT(tags.size() == 3 && bodies.size() == 3);
        std::set<std::string> reached;
        for (const auto& way : ladder.Ladder::heard()) reached.insert(way.to.to_string());
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, reached.size());     // what the caller says reaches each branch by its port
        CPPUNIT_ASSERT(ladder.open() >= 12);
        ladder.says(kPbx, 200, true);
        const auto ok = ladder.heard(200);
        CPPUNIT_ASSERT(tags.contains(std::string(ok.to_tag())));
        for (const auto peer : {kSpare, kThird}) ladder.is_cancelled(peer);
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ladder.open());
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, std::size_t{ladder.b2bua().totals().ports_in_use});
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kPbx);
        ladder.hang_up(ok, kPbx);
        ladder.nothing_is_left();
    }

    void the_branch_that_wins_hides_as_the_first_would() {
        Ladder ladder("[peers.first]\nzone = \"outside\"\nuri = \"sip:203.0.113.60\"\n"
                      "[peers.world]\nzone = \"outside\"\nuri = \"sip:203.0.113.20\"\n"
                      "[[routes]]\nname = \"out\"\nfrom = \"inside\"\nto = [\"first\", \"world\"]\nfork = \"parallel\"\n");
        ladder.from(kPbx, ladder.invite(kPbx, "+4722", description(kPbx, 6000)));
        ladder.skip(kPbx);
        ladder.acknowledge();
        const auto far = ladder.to(kOutside);
        ladder.from(kOutside, ladder.answer(kOutside, far, 200, "far", description(kOutside, 4000)));
        ladder.acknowledge();
        const auto told = sdp::Session::parse(ladder.to(kPbx).body(), {});
        const auto left = report_leaves(ladder, *told->media()[0].rtcp, *base::Endpoint::parse("198.51.100.10:6001"));
        CPPUNIT_ASSERT(left.find("bob@") == std::string::npos);
    }

    void a_2xx_that_crosses_the_cancel_is_ended() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        ladder.says(kPbx, 180), ladder.heard(180);
        ladder.says(kSpare, 200, true);
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kSpare);
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::cancel);
        ladder.says(kPbx, 200, true);                              // it was lifted at that moment
        ladder.says(kThird, 200, true);                            // and this one before it could be cancelled
        for (const auto peer : {kPbx, kThird}) {
            ladder.is_acknowledged(peer);
            const auto bye = ladder.to(peer);
            CPPUNIT_ASSERT(bye.method() == Method::bye);
            ladder.from(peer, ladder.answer(peer, bye, 200, "far"));
            ladder.says(peer, 200, true);                          // it comes again: only its ACK does too
            ladder.is_acknowledged(peer);
        }
        ladder.hang_up(ok, kSpare);
        ladder.nothing_is_left();
    }

    void the_best_final_response_is_heard_when_all_have_ended() {
        const auto best = [](std::array<int, 3> statuses) {
            Rung ladder;
            ladder.call();
            ladder.all_ring();
            const std::array peers{kPbx, kSpare, kThird};
            for (std::size_t i = 0; i < 3; ++i) {
                CPPUNIT_ASSERT(ladder.quiet(Rung::kPhone));
                ladder.says(peers[i], statuses[i]);
                ladder.is_acknowledged(peers[i]);
            }
            const int status = ladder.to(Rung::kPhone).status();
            CPPUNIT_ASSERT_EQUAL(status, ladder.records().at(0)->status);
            CPPUNIT_ASSERT_EQUAL(std::size_t{3}, ladder.records()[0]->branches.size());
            ladder.from(Rung::kPhone, ladder.ack(ladder.placed(), ladder.answer(Rung::kPhone, ladder.placed(), status, "x")));
            ladder.nothing_is_left();
            return status;
        };
        CPPUNIT_ASSERT_EQUAL(486, best({500, 486, 503}));
        CPPUNIT_ASSERT_EQUAL(407, best({486, 407, 404}));
        CPPUNIT_ASSERT_EQUAL(404, best({404, 486, 480}));          // the first of its kind
        CPPUNIT_ASSERT_EQUAL(302, best({486, 302, 500}));
    }

    void a_6xx_is_heard_once_the_others_have_ended() {
        Rung ladder;
        ladder.is_refused_by_one();
        CPPUNIT_ASSERT(ladder.quiet(Rung::kPhone));
        for (const auto peer : {kPbx, kThird}) CPPUNIT_ASSERT(ladder.quiet(Rung::kPhone)), ladder.is_cancelled(peer);
        ladder.heard(603);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.open());
        CPPUNIT_ASSERT_EQUAL(std::string("spare 603, pbx 0, third 0"), ladder.branches());
        CPPUNIT_ASSERT_EQUAL(603, ladder.records().at(0)->status);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }

    void a_2xx_that_crosses_a_6xx_wins() {
        Rung ladder;
        ladder.is_refused_by_one();
        CPPUNIT_ASSERT(ladder.to(kPbx).method() == Method::cancel);
        ladder.says(kPbx, 200, true);
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kPbx);
        ladder.is_cancelled(kThird);
        ladder.hang_up(ok, kPbx);
        CPPUNIT_ASSERT_EQUAL(std::string("spare 603, third 0, pbx 200"), ladder.branches());
        ladder.nothing_is_left();
    }

    // A cancelled branch has no further target; who has said nothing is left behind.
    void after_a_6xx_nobody_else_is_asked() {
        Rung ladder("fork = \"parallel\"\nfailover = { on = [\"4xx\", 503], after = \"5s\" }");
        ladder.call();
        ladder.all_ring();
        ladder.says(kPbx, 180), ladder.heard(180);
        ladder.says(kSpare, 600);
        ladder.is_acknowledged(kSpare);
        ladder.is_cancelled(kPbx);
        ladder.heard(600);
        ladder.says(kThird, 180);
        CPPUNIT_ASSERT(ladder.to(kThird).method() == Method::cancel);   // late, for it could not go before
        ladder.says(kThird, 487);
        ladder.is_acknowledged(kThird);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::string("third 0, spare 600, pbx 0"), ladder.branches());
    }

    void a_caller_may_cancel_after_a_6xx() {
        Rung ladder;
        ladder.is_refused_by_one();
        ladder.from(Rung::kPhone, ladder.cancel(ladder.placed()));
        ladder.heard(200);
        ladder.heard(487);
        for (const auto peer : {kPbx, kThird}) ladder.is_cancelled(peer);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }

    void the_caller_cancels_all() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        for (const auto peer : {kPbx, kSpare, kThird}) ladder.says(peer, 180), ladder.heard(180);
        ladder.says(kPbx, 486);                                    // the branch that the INVITE began with has ended
        ladder.is_acknowledged(kPbx);
        ladder.from(Rung::kPhone, ladder.cancel(ladder.placed()));
        for (const auto peer : {kSpare, kThird}) ladder.is_cancelled(peer);
        ladder.heard(200);
        ladder.heard(487);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        CPPUNIT_ASSERT_EQUAL(std::string("cancelled"), ladder.records()[0]->why);
    }

    void a_branch_that_waits_for_its_pinholes_goes_quietly() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        // Its 183 waits for the kernel when the other one answers.
        ladder.from(kPbx, ladder.answer(kPbx, ladder.far(kPbx), 183, "far", description(kPbx, 5000)));
        ladder.says(kSpare, 200, true);
        const auto first = ladder.to(Rung::kPhone);
        const auto ok = first.status() == 183 ? ladder.heard(200) : first.clone();
        CPPUNIT_ASSERT_EQUAL(200, ok.status());
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kSpare);
        ladder.is_cancelled(kPbx);
        ladder.says(kThird, 180);
        ladder.is_cancelled(kThird);
        ladder.hang_up(ok, kSpare);
        ladder.nothing_is_left();
    }

    void a_refused_pinhole_ends_one_branch() {
        Rung ladder;
        const auto invite = ladder.invite(Rung::kPhone, "desk", description(Rung::kPhone, 4000));
        ladder.from(Rung::kPhone, invite);
        CPPUNIT_ASSERT(ladder.kernel_is_asked());
        ladder.refuse();
        ladder.to(Rung::kPhone);
        CPPUNIT_ASSERT_EQUAL(503, ladder.to(Rung::kPhone).status());   // all three were refused
        for (const auto peer : {kPbx, kSpare, kThird}) CPPUNIT_ASSERT(ladder.quiet(peer));
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
    }

    void each_branch_has_its_pracks() {
        Rung ladder;
        ladder.call(true);
        ladder.all_ring();
        std::map<std::string_view, Message> early;
        for (const auto peer : {kPbx, kSpare}) {
            auto response = ladder.answer(peer, ladder.far(peer), 183, "far", description(peer, 5000));
            response.add(HeaderName::require, "100rel");
            response.add(HeaderName::rseq, "7");
            ladder.from(peer, response);
            ladder.acknowledge();
            early.emplace(peer, ladder.heard(183));
        }
        for (const auto peer : {kSpare, kPbx}) {
            auto prack = ladder.within(ladder.placed(), early.at(peer), "PRACK");
            prack.set(HeaderName::rack, std::string(early.at(peer).value(HeaderName::rseq)) + " 1 INVITE");
            ladder.from(Rung::kPhone, prack);
            const auto far = ladder.to(peer);
            CPPUNIT_ASSERT(far.method() == Method::prack);
            CPPUNIT_ASSERT_EQUAL(std::string_view("7"), far.value(HeaderName::rack).substr(0, 1));
            ladder.from(peer, ladder.answer(peer, far, 200, "far"));
            ladder.heard(200);
        }
        ladder.says(kPbx, 200);
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kPbx);
        ladder.is_cancelled(kSpare);
        ladder.says(kThird, 180);
        ladder.is_cancelled(kThird);
        ladder.hang_up(ok, kPbx);
        ladder.nothing_is_left();
    }

    void serial_branches_ring_one_after_another() {
        Rung ladder("fork = \"serial\"\nring = \"6s\"");
        ladder.call();
        ladder.rings(kPbx);
        ladder.says(kPbx, 183, true);
        const auto early = ladder.heard(183);
        ladder.pass(5900ms);
        CPPUNIT_ASSERT(ladder.quiet(kSpare) && ladder.quiet(kPbx));
        ladder.pass(200ms);
        ladder.acknowledge();
        ladder.is_cancelled(kPbx);
        ladder.rings(kSpare);
        CPPUNIT_ASSERT(ladder.quiet(kThird));
        ladder.says(kSpare, 180);
        CPPUNIT_ASSERT(ladder.heard(180).to_tag() != early.to_tag());
        ladder.says(kSpare, 200, true);
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kSpare);
        ladder.hang_up(ok, kSpare);
        ladder.nothing_is_left();
        CPPUNIT_ASSERT_EQUAL(std::string("pbx 408, spare 200"), ladder.branches());
    }

    void a_serial_branch_that_refuses_makes_way_at_once() {
        Rung ladder("fork = \"serial\"");
        ladder.call();
        for (const auto peer : {kPbx, kSpare, kThird}) {
            ladder.acknowledge();
            ladder.rings(peer);
            ladder.says(peer, peer == kSpare ? 486 : 500);
            ladder.is_acknowledged(peer);
        }
        ladder.heard(486);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::string("pbx 500, spare 486, third 500"), ladder.branches());
    }

    void limits_and_counts_hold_for_each_branch_and_once_for_the_caller() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        const auto calls_of = [&](std::string_view name) {
            for (const auto& peer : ladder.b2bua().peers())
                if (peer.name == name) return peer.calls;
            throw std::out_of_range(std::string(name));
        };
        for (const auto* name : {"pbx", "spare", "third"}) CPPUNIT_ASSERT_EQUAL(1U, unsigned(calls_of(name)));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, ladder.b2bua().totals().calls_total);
        ladder.says(kThird, 486);
        ladder.is_acknowledged(kThird);
        CPPUNIT_ASSERT_EQUAL(0U, unsigned(calls_of("third")));
        ladder.says(kPbx, 200, true);
        CPPUNIT_ASSERT_EQUAL(1U, unsigned(calls_of("pbx")));
        CPPUNIT_ASSERT_EQUAL(0U, unsigned(calls_of("spare")));
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ladder.b2bua().totals().calls_failed);
    }

    void a_command_ends_all_branches() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        for (const auto peer : {kPbx, kSpare, kThird}) ladder.says(peer, 180), ladder.heard(180);
        const auto calls = ladder.b2bua().calls();
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, calls.size());
        CPPUNIT_ASSERT(ladder.b2bua().hang_up(calls[1].id, ladder.now()));
        ladder.collect();
        ladder.heard(503);
        for (const auto peer : {kPbx, kSpare, kThird}) ladder.is_cancelled(peer);
        ladder.skip(Rung::kPhone);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
    }

    void an_attempt_that_dies_with_its_process_is_written_down_once() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        for (const auto peer : {kPbx, kSpare}) ladder.says(peer, 180), ladder.heard(180);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        ladder.says(kPbx, 486);                                    // the one that stood for all
        ladder.is_acknowledged(kPbx);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        ladder.crash(policy_of("fork = \"parallel\""));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        CPPUNIT_ASSERT_EQUAL(std::string("process_died"), ladder.records()[0]->why);
        CPPUNIT_ASSERT_EQUAL(std::string("spare"), ladder.records()[0]->call.peer_b);
    }

    void the_call_that_won_outlives_its_process() {
        Rung ladder;
        ladder.call();
        ladder.all_ring();
        ladder.says(kSpare, 200, true);
        const auto ok = ladder.heard(200);
        ladder.acknowledge_answer(ok);
        ladder.is_acknowledged(kSpare);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.journal().size());
        ladder.crash(policy_of("fork = \"parallel\""));
        ladder.skip(kPbx), ladder.skip(kSpare), ladder.skip(kThird), ladder.skip(Rung::kPhone);
        ladder.hang_up(ok, kSpare);
        ladder.nothing_is_left();
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestBranches);

}  // namespace sbc::test
