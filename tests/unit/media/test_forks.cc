// Forks of one INVITE behind one NAT: two streams at one of our ports, and both learn from the same address.
#include "tests/unit/media/relay_case.hh"

namespace {

using namespace media_test;
using base::Reason;
using namespace std::chrono_literals;

const Endpoint kOne = at("198.51.100.7:61000"), kTwo = at("198.51.100.7:62000"), kThree = at("198.51.100.7:63000");
const Endpoint kCaller = at("10.0.0.9:5000");
const Endpoint kFork1 = at("10.0.0.1:30010"), kFork2 = at("10.0.0.1:30020");

class ForksTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(ForksTest);
    CPPUNIT_TEST(the_fork_whose_description_names_a_source_gets_it);
    CPPUNIT_TEST(a_guess_gives_way_to_the_fork_that_is_named);
    CPPUNIT_TEST(what_waits_goes_first_to_the_fork_that_is_named);
    CPPUNIT_TEST(each_of_two_unnamed_forks_learns_one_source);
    CPPUNIT_TEST(the_named_source_counts_although_another_was_latched);
    CPPUNIT_TEST(in_doubt_the_latest_counts_and_nobody_is_told);
    CPPUNIT_TEST(after_the_doubt_the_first_is_latched);
    CPPUNIT_TEST(a_named_source_ends_the_doubt);
    CPPUNIT_TEST(doubt_admits_no_other_address);
    CPPUNIT_TEST(what_is_forgotten_at_once_is_never_told);
    CPPUNIT_TEST_SUITE_END();

    // Side a: the caller's, a port for each fork; side b: the forks, one port of ours.
    struct Forks {
        media::Relay relay;
        base::Time now{100s};
        std::array<std::array<End, 2>, 2> ends;
        std::array<media::StreamId, 2> streams;

        Forks(const Endpoint& first, const Endpoint& second) {
            for (const std::size_t fork : {0U, 1U}) {
                const auto& ours = fork ? kFork2 : kFork1;
                auto& [near, far] = ends[fork];
                near = {.rtp_local = ours, .rtcp_local = {ours.address, static_cast<std::uint16_t>(ours.port + 1)},
                        .rtp_remote = kCaller, .rtcp_remote = kB1};
                far = {.rtp_local = kOurA, .rtcp_local = kOurA1, .rtp_remote = fork ? second : first, .rtcp_remote = kA1,
                       .rule = SourceRule::signalling_address, .learn_from = kA.address};
                streams[fork] = relay.install({base::CallNumber{7}, ends[fork]}, now);
            }
        }
        // The first fork is chosen.
        void choose() {
            relay.remove(streams[1]);
            ends[0][1].latch_from = now + 1s;
            relay.update(streams[0], ends[0], false, now);
        }
        std::optional<Forward> send(const Endpoint& source) { return bring(kOurA, source); }
        std::optional<Forward> answer() { return bring(kFork1, kCaller); }
        std::optional<Forward> bring(const Endpoint& local, const Endpoint& remote) {
            auto packet = rtp(1);
            return relay.receive({local, remote, packet}, now);
        }
    };

    void what_waits_goes_first_to_the_fork_that_is_named() {
        Forks forks(inner(4000), inner(4002));
        for (const std::size_t fork : {0U, 1U}) {      // neither has answered
            auto& far = forks.ends[fork][1];
            far.rule = SourceRule::negotiated;
            far.rtp_remote.reset();
            far.rtcp_remote.reset();
            forks.relay.update(forks.streams[fork], forks.ends[fork], false, forks.now);
        }
        forks.send(kOne);
        forks.send(kTwo);
        for (const std::size_t fork : {1U, 0U}) {
            auto& far = forks.ends[fork][1];
            far.rule = SourceRule::signalling_address;
            far.rtp_remote = fork ? kTwo : kOne;
            forks.relay.update(forks.streams[fork], forks.ends[fork], false, forks.now);
            const auto released = forks.relay.take_released();
            CPPUNIT_ASSERT_EQUAL(std::size_t{1}, released.size());
            went(released[0].way, fork ? kFork2 : kFork1, kCaller);
        }
    }

    static Endpoint inner(int port) { return at(("192.168.1.5:" + std::to_string(port)).c_str()); }

    void the_fork_whose_description_names_a_source_gets_it() {
        Forks forks(inner(4000), kTwo);
        went(forks.send(kTwo), kFork2, kCaller);
        went(forks.send(kOne), kFork1, kCaller);
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, forks.relay.take_latched().size());
        CPPUNIT_ASSERT(!forks.send(kThree));
    }

    void a_guess_gives_way_to_the_fork_that_is_named() {
        Forks forks(inner(4000), inner(4002));
        went(forks.send(kTwo), kFork1, kCaller);
        forks.ends[1][1].rtp_remote = kTwo;
        forks.relay.update(forks.streams[1], forks.ends[1], false, forks.now);
        went(forks.send(kTwo), kFork2, kCaller);
        CPPUNIT_ASSERT(!forks.relay.counters(forks.streams[0], Side::b)->latched);
        went(forks.send(kOne), kFork1, kCaller);
        const auto told = forks.relay.take_latched();
        CPPUNIT_ASSERT_EQUAL(std::size_t{3}, told.size());
        CPPUNIT_ASSERT(told[1].stream == forks.streams[1] && told[1].remote == kTwo);
        CPPUNIT_ASSERT(told[2].stream == forks.streams[0] && told[2].remote == kOne);
    }

    void each_of_two_unnamed_forks_learns_one_source() {
        Forks forks(inner(4000), inner(4002));
        went(forks.send(kTwo), kFork1, kCaller);
        went(forks.send(kOne), kFork2, kCaller);
        went(forks.send(kTwo), kFork1, kCaller);
        CPPUNIT_ASSERT(!forks.send(kThree));
    }

    void the_named_source_counts_although_another_was_latched() {
        Forks forks(kOne, inner(4002));
        forks.relay.remove(forks.streams[1]);
        went(forks.send(kThree), kFork1, kCaller);
        went(forks.send(kOne), kFork1, kCaller);
        went(forks.answer(), kOurA, kOne);
        CPPUNIT_ASSERT(!forks.send(kThree));
    }

    void in_doubt_the_latest_counts_and_nobody_is_told() {
        Forks forks(inner(4000), inner(4002));
        forks.send(kTwo);
        forks.relay.take_latched();
        forks.choose();
        CPPUNIT_ASSERT(!forks.answer());               // what was latched is forgotten
        went(forks.send(kTwo), kFork1, kCaller);       // one that has not heard of it yet
        went(forks.answer(), kOurA, kTwo);
        went(forks.send(kOne), kFork1, kCaller);
        went(forks.answer(), kOurA, kOne);
        CPPUNIT_ASSERT(forks.relay.counters(forks.streams[0], Side::b)->latched == kOne);
        CPPUNIT_ASSERT(forks.relay.take_latched().empty());
    }

    void after_the_doubt_the_first_is_latched() {
        Forks forks(inner(4000), inner(4002));
        forks.choose();
        forks.send(kTwo);
        forks.now += 1s;
        went(forks.send(kOne), kFork1, kCaller);
        CPPUNIT_ASSERT(!forks.send(kTwo));
        const auto told = forks.relay.take_latched();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, told.size());
        CPPUNIT_ASSERT(told[0].remote == kOne);
    }

    void a_named_source_ends_the_doubt() {
        Forks forks(kOne, inner(4002));
        forks.choose();
        went(forks.send(kTwo), kFork1, kCaller);
        went(forks.send(kOne), kFork1, kCaller);
        CPPUNIT_ASSERT(!forks.send(kTwo));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, forks.relay.take_latched().size());
    }

    void doubt_admits_no_other_address() {
        Forks forks(inner(4000), inner(4002));
        forks.choose();
        CPPUNIT_ASSERT(!forks.send(at("198.51.100.8:61000")));
        CPPUNIT_ASSERT(!forks.send(inner(4000)));
    }

    void what_is_forgotten_at_once_is_never_told() {
        Forks forks(inner(4000), inner(4002));
        forks.send(kTwo);
        forks.choose();
        CPPUNIT_ASSERT(forks.relay.take_latched().empty());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ForksTest);

}  // namespace
