// Calls that a process leaves behind and the next one cannot go on with: each is written down once.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/talk.hh"

namespace sbc::test {

using namespace std::chrono_literals;

class TestAttemptJournal : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestAttemptJournal);
    CPPUNIT_TEST(a_call_that_only_rings_is_ended_by_the_next_process);
    CPPUNIT_TEST(a_call_that_cannot_be_taken_back_is_written_down);
    CPPUNIT_TEST(an_attempts_bytes_are_checked);
    CPPUNIT_TEST_SUITE_END();

    void a_call_that_only_rings_is_ended_by_the_next_process() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 180, "pbx"));
        CPPUNIT_ASSERT(ladder.journal().size() == 1 && ladder.open() > 0 && ladder.records().empty());
        ladder.pass(3s);
        const auto before = ladder.b2bua().calls().front().id;
        ladder.crash();
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ladder.open());
        CPPUNIT_ASSERT(ladder.journal().empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        const auto& record = *ladder.records().front();
        CPPUNIT_ASSERT_EQUAL(before, record.call.id);
        CPPUNIT_ASSERT_EQUAL(std::string("process_died"), record.why);
        CPPUNIT_ASSERT(record.ended_by == Ender::us && record.status == 0 && !record.call.answered);
        CPPUNIT_ASSERT(record.ringing && record.call.started == *record.ringing && record.ended == ladder.now());
        CPPUNIT_ASSERT(record.ended - record.call.started >= 3s);
        CPPUNIT_ASSERT_EQUAL(std::string("udp 203.0.113.20:5060"), record.a.endpoint);
        CPPUNIT_ASSERT_EQUAL(std::string(far.call_id()), record.b.call_id);
        ladder.skip(kOutside);
        ladder.skip(kPbx);
        ladder.from(kPbx, Ladder::answer(kPbx, far, 200, "pbx", description(kPbx, 6000)));
        CPPUNIT_ASSERT(ladder.quiet(kPbx) && ladder.quiet(kOutside));
        ladder.from(kPbx, ladder.backwards(kPbx, far, "BYE", "pbx"));
        CPPUNIT_ASSERT_EQUAL(481, ladder.to(kPbx).status());
        Talk talk(ladder);
        CPPUNIT_ASSERT(before != ladder.b2bua().calls().front().id);
        end_from_outside(ladder, talk);
        CPPUNIT_ASSERT(ladder.is_empty_after(40s));
    }

    void a_call_that_cannot_be_taken_back_is_written_down() {
        Ladder ladder;
        Talk talk(ladder);
        const auto call = ladder.b2bua().calls().front();
        ladder.pass(5s);
        ladder.crash({}, {}, 2);
        CPPUNIT_ASSERT(ladder.journal().empty() && ladder.b2bua().calls().empty());
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ladder.records().size());
        const auto& record = *ladder.records().front();
        CPPUNIT_ASSERT_EQUAL(std::string("not_restored"), record.why);
        CPPUNIT_ASSERT(record.call.id == call.id && record.call.zone_a == call.zone_a && record.call.peer_b == call.peer_b);
        CPPUNIT_ASSERT(record.call.started == call.started && record.call.answered == call.answered && record.status == 200);
        CPPUNIT_ASSERT_EQUAL(std::string(talk.invite.call_id()), record.a.call_id);
        CPPUNIT_ASSERT_EQUAL(std::string("udp 198.51.100.10:5060"), record.b.endpoint);
    }

    void an_attempts_bytes_are_checked() {
        Ladder ladder;
        ladder.from(kOutside, ladder.invite(kOutside, "desk", description(kOutside, 4000)));
        const auto [key, bytes] = *ladder.journal().begin();
        Ladder other;
        for (std::size_t size = 0; size < bytes.size(); ++size) other.b2bua().restore(key, bytes.substr(0, size), other.now());
        base::SeededEntropy dice(7);
        for (int i = 0; i < 5000; ++i) {
            auto broken = bytes;
            for (auto changes = 1 + dice.below(4); changes > 0; --changes)
                broken[1 + dice.below(broken.size() - 1)] = static_cast<char>(dice.next());
            other.b2bua().restore(key, broken, other.now());
        }
        other.collect();
        for (const auto& record : other.records())
            CPPUNIT_ASSERT(record->why == "process_died" && record->call.started <= record->ended);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, other.b2bua().totals().calls);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestAttemptJournal);

}  // namespace sbc::test
