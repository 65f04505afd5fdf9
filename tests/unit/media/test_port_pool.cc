#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

#include "media/port_pool.hh"

namespace {

using base::Time;
using media::PortPool;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::Address kAddress = *base::Address::parse("203.0.113.1");

class PortPoolTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PortPoolTest);
    CPPUNIT_TEST(every_pair_is_handed_out_once);
    CPPUNIT_TEST(a_pair_never_reaches_beyond_the_range);
    CPPUNIT_TEST(the_order_is_random_and_replays_with_the_seed);
    CPPUNIT_TEST(a_returned_pair_rests_before_it_is_used_again);
    CPPUNIT_TEST(a_pair_rests_in_full_while_another_is_free);
    CPPUNIT_TEST(the_longest_rested_comes_back_first);
    CPPUNIT_TEST_SUITE_END();

    base::SeededEntropy entropy_{1};

    void every_pair_is_handed_out_once() {
        PortPool pool(kAddress, 20000, 20999, seconds(5), entropy_);
        CPPUNIT_ASSERT_EQUAL(std::size_t{500}, pool.capacity());
        std::set<std::uint16_t> seen;
        while (const auto port = pool.take(Time{})) {
            CPPUNIT_ASSERT(*port % 2 == 0 && *port >= 20000 && *port <= 20998);
            CPPUNIT_ASSERT(seen.insert(*port).second);
        }
        CPPUNIT_ASSERT_EQUAL(std::size_t{500}, seen.size());
        CPPUNIT_ASSERT_EQUAL(std::size_t{500}, pool.in_use());
    }

    void a_pair_never_reaches_beyond_the_range() {
        const auto capacity = [this](std::uint16_t first, std::uint16_t last) {
            return PortPool(kAddress, first, last, seconds(5), entropy_).capacity();
        };
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, capacity(20001, 20004));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, capacity(20000, 20000));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, capacity(20001, 20002));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, capacity(20003, 20000));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, capacity(65534, 65535));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, capacity(65535, 65535));
        CPPUNIT_ASSERT_EQUAL(std::size_t{32767}, capacity(0, 65535));
    }

    void the_order_is_random_and_replays_with_the_seed() {
        const auto order = [](std::uint64_t seed) {
            base::SeededEntropy entropy(seed);
            PortPool pool(kAddress, 20000, 20999, seconds(5), entropy);
            std::vector<std::uint16_t> ports;
            while (const auto port = pool.take(Time{})) ports.push_back(*port);
            return ports;
        };
        CPPUNIT_ASSERT(order(1) == order(1));
        CPPUNIT_ASSERT(order(1) != order(2));
        CPPUNIT_ASSERT(!std::ranges::is_sorted(order(1)));
    }

    void a_returned_pair_rests_before_it_is_used_again() {
        PortPool pool(kAddress, 20000, 20001, seconds(5), entropy_);
        CPPUNIT_ASSERT_EQUAL(20000, int{*pool.take(Time{})});
        pool.give_back(20000, Time{seconds(1)});
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pool.in_use());
        CPPUNIT_ASSERT(!pool.take(Time{milliseconds(1500)} - base::Duration(1)));
        CPPUNIT_ASSERT_EQUAL(20000, int{*pool.take(Time{milliseconds(1500)})});
    }

    void a_pair_rests_in_full_while_another_is_free() {
        PortPool pool(kAddress, 20000, 20005, seconds(5), entropy_);
        const auto first = *pool.take(Time{});
        pool.give_back(first, Time{});
        for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(*pool.take(Time{seconds(4)}) != first);
        CPPUNIT_ASSERT_EQUAL(int{first}, int{*pool.take(Time{seconds(4)})});
    }

    void the_longest_rested_comes_back_first() {
        PortPool pool(kAddress, 20000, 20003, seconds(5), entropy_);
        const auto first = *pool.take(Time{}), second = *pool.take(Time{});
        pool.give_back(second, Time{seconds(1)});
        pool.give_back(first, Time{seconds(2)});
        CPPUNIT_ASSERT_EQUAL(int{second}, int{*pool.take(Time{milliseconds(2400)})});
        CPPUNIT_ASSERT(!pool.take(Time{milliseconds(2400)}));
        CPPUNIT_ASSERT_EQUAL(int{first}, int{*pool.take(Time{milliseconds(2500)})});
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PortPoolTest);

}  // namespace
