// MUSTs of RFC 3261 that no story's own test shows (docs/conformance.md).
#include <cppunit/extensions/HelperMacros.h>

#include "tests/unit/sbc/ladder.hh"

namespace sbc::test {

using namespace std::chrono_literals;
using sip::Method;

class TestConformance : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TestConformance);
    CPPUNIT_TEST(no_bye_before_the_answer_is_acknowledged);
    CPPUNIT_TEST_SUITE_END();

    // 15: the callee's BYE overtakes the caller's ACK.
    void no_bye_before_the_answer_is_acknowledged() {
        Ladder ladder;
        const auto invite = ladder.invite(kOutside, "desk", description(kOutside, 4000));
        ladder.from(kOutside, invite);
        ladder.skip(kOutside);
        ladder.acknowledge();
        const auto far = ladder.to(kPbx);
        ladder.from(kPbx, ladder.answer(kPbx, far, 200, "pbx", description(kPbx, 6000)));
        ladder.acknowledge();
        const auto ok = ladder.to(kOutside);
        ladder.from(kPbx, ladder.backwards(kPbx, far, "BYE", "pbx"));
        ladder.pass(2s);
        while (!ladder.quiet(kOutside)) CPPUNIT_ASSERT_EQUAL(200, ladder.to(kOutside).status());   // repeated, and no BYE
        ladder.from(kOutside, ladder.ack(invite, ok));
        const auto bye = ladder.to(kOutside);
        CPPUNIT_ASSERT(bye.method() == Method::bye);
        ladder.from(kOutside, ladder.answer(kOutside, bye, 200, {}));
        ladder.skip(kPbx);
        CPPUNIT_ASSERT(ladder.is_empty_after(70s));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TestConformance);

}  // namespace sbc::test
