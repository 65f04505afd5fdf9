#include <cppunit/extensions/HelperMacros.h>

#include "media/relay_pause.hh"

namespace {

using base::Duration;
using media::RelayPause;
using namespace std::chrono_literals;

class RelayPauseTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(RelayPauseTest);
    CPPUNIT_TEST(few_streams_are_served_at_once);
    CPPUNIT_TEST(many_streams_are_gathered);
    CPPUNIT_TEST(a_lone_burst_changes_nothing);
    CPPUNIT_TEST(it_ends_with_the_traffic);
    CPPUNIT_TEST_SUITE_END();

    base::Time now_{1s};
    RelayPause pause_;

    Duration run(Duration every, std::size_t packets, Duration length) {
        Duration last{};
        for (const auto end = now_ + length; now_ < end;) {
            now_ += every;
            last = pause_.after(packets, now_);
        }
        return last;
    }

    void few_streams_are_served_at_once() {
        CPPUNIT_ASSERT(run(20ms, 1, 10s) == Duration{0});
        CPPUNIT_ASSERT(run(1ms, 5, 10s) == Duration{0});
    }

    void many_streams_are_gathered() {
        CPPUNIT_ASSERT(run(100us, 1, 1s) == RelayPause::kPause);
        CPPUNIT_ASSERT(run(1ms, 50, 1s) == RelayPause::kPause);
    }

    void a_lone_burst_changes_nothing() {
        run(20ms, 1, 1s);
        now_ += 1ms;
        CPPUNIT_ASSERT(pause_.after(64, now_) == Duration{0});
    }

    void it_ends_with_the_traffic() {
        run(1ms, 50, 1s);
        CPPUNIT_ASSERT(run(20ms, 1, 500ms) == Duration{0});
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RelayPauseTest);

}  // namespace
