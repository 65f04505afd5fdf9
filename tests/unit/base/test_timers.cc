#include <cppunit/extensions/HelperMacros.h>

#include <random>
#include <vector>

#include "base/timers.hh"

namespace {

using base::Duration;
using base::Time;
using std::chrono::hours;
using std::chrono::milliseconds;

class TimersTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TimersTest);
    CPPUNIT_TEST(a_timer_fires_at_its_tick_and_not_before);
    CPPUNIT_TEST(a_cancelled_timer_never_fires_and_its_handle_is_harmless);
    CPPUNIT_TEST(a_timer_that_fires_may_arm_the_next);
    CPPUNIT_TEST(ten_thousand_timers_fire_in_order_over_days);
    CPPUNIT_TEST(the_next_deadline_is_never_after_the_first_timer);
    CPPUNIT_TEST_SUITE_END();

    void a_timer_fires_at_its_tick_and_not_before() {
        base::Timers<int> timers{Time{milliseconds(5)}};
        timers.arm(Time{milliseconds(505)}, 7);
        int fired = 0;
        timers.advance(Time{milliseconds(504)}, [&](int v) { fired = v; });
        CPPUNIT_ASSERT_EQUAL(0, fired);
        timers.advance(Time{milliseconds(505)}, [&](int v) { fired = v; });
        CPPUNIT_ASSERT_EQUAL(7, fired);
        CPPUNIT_ASSERT(timers.next_deadline() == base::kNever);
    }

    void a_cancelled_timer_never_fires_and_its_handle_is_harmless() {
        base::Timers<int> timers;
        auto first = timers.arm(Time{milliseconds(10)}, 1);
        auto stale = first;
        CPPUNIT_ASSERT(timers.cancel(first));
        auto second = timers.arm(Time{milliseconds(10)}, 2);   // takes the same node
        CPPUNIT_ASSERT(!timers.cancel(stale));
        int fired = 0;
        timers.advance(Time{milliseconds(10)}, [&](int v) { fired = v; });
        CPPUNIT_ASSERT_EQUAL(2, fired);
        CPPUNIT_ASSERT(!timers.cancel(second));
    }

    void a_timer_that_fires_may_arm_the_next() {
        base::Timers<int> timers;
        timers.arm(Time{milliseconds(1)}, 1);
        std::vector<int> fired;
        timers.advance(Time{milliseconds(50)}, [&](int v) {
            fired.push_back(v);
            if (v < 5) timers.arm(Time{milliseconds(v * 10)}, v + 1);
        });
        CPPUNIT_ASSERT(fired == (std::vector{1, 2, 3, 4, 5}));
    }

    void ten_thousand_timers_fire_in_order_over_days() {
        base::Timers<std::int64_t> timers;
        std::mt19937_64 random{1};
        for (int i = 0; i < 10000; ++i) {
            const auto at = static_cast<std::int64_t>(random() % (3ull * 24 * 3600 * 1000));
            timers.arm(Time{milliseconds(at)}, at);
        }
        std::int64_t last = 0, count = 0;
        Time now{};
        while (timers.armed()) {
            const auto next = timers.next_deadline();
            CPPUNIT_ASSERT(next > now);
            now = next;
            timers.advance(now, [&](std::int64_t at) {
                CPPUNIT_ASSERT(at >= last);
                last = at;
                ++count;
                CPPUNIT_ASSERT(std::abs(now.time_since_epoch() / milliseconds(1) - std::max<std::int64_t>(at, 1)) == 0);
            });
        }
        CPPUNIT_ASSERT_EQUAL(std::int64_t{10000}, count);
    }

    void the_next_deadline_is_never_after_the_first_timer() {
        base::Timers<int> timers{Time{milliseconds(250)}};
        timers.arm(Time{hours(1)}, 1);
        CPPUNIT_ASSERT(timers.next_deadline() <= Time{hours(1)});
        timers.arm(Time{milliseconds(256)}, 2);
        CPPUNIT_ASSERT(timers.next_deadline() == Time{milliseconds(256)});
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TimersTest);

}  // namespace
