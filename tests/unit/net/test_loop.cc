#include <cppunit/extensions/HelperMacros.h>

#include <sys/socket.h>

#include <thread>

#include "net/descriptor.hh"
#include "net/loop.hh"

namespace {

class LoopTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(LoopTest);
    CPPUNIT_TEST(a_turn_without_events_ends_at_its_deadline);
    CPPUNIT_TEST(another_thread_can_post_a_task);
    CPPUNIT_TEST(a_watch_calls_again_while_there_is_something_to_read);
    CPPUNIT_TEST(a_watch_that_rests_wakes_nobody_until_it_resumes);
    CPPUNIT_TEST(a_turn_handles_a_bounded_number_of_events);
    CPPUNIT_TEST(a_watch_can_be_destroyed_inside_its_own_call);
    CPPUNIT_TEST_SUITE_END();

    void a_turn_without_events_ends_at_its_deadline() {
        net::Loop loop;
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, loop.turn(std::chrono::milliseconds(2)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, loop.turn(base::Duration{0}));
    }

    void another_thread_can_post_a_task() {
        net::Loop loop;
        int ran = 0;
        std::thread other([&] { loop.post([&] { ++ran; }); });
        while (!ran) loop.turn(std::chrono::seconds(1));
        other.join();
        CPPUNIT_ASSERT_EQUAL(1, ran);
    }

    void a_watch_calls_again_while_there_is_something_to_read() {
        net::Loop loop;
        int pair[2];
        CPPUNIT_ASSERT(!::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        const net::Descriptor near(pair[0]), far(pair[1]);
        std::string text;
        const net::Watch watch(loop, near.number(), [&] {
            char c;
            if (::recv(near.number(), &c, 1, MSG_DONTWAIT) == 1) text += c;
        });
        CPPUNIT_ASSERT_EQUAL(ssize_t{3}, ::send(far.number(), "abc", 3, 0));
        for (int i = 0; i < 10 && text.size() < 3; ++i) loop.turn(std::chrono::milliseconds(100));
        CPPUNIT_ASSERT_EQUAL(std::string("abc"), text);
    }

    void a_watch_that_rests_wakes_nobody_until_it_resumes() {
        for (const bool inside : {true, false}) {
            net::Loop loop;
            int pair[2];
            CPPUNIT_ASSERT(!::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
            const net::Descriptor near(pair[0]), far(pair[1]);
            int called = 0;
            std::unique_ptr<net::Watch> watch;
            watch = std::make_unique<net::Watch>(loop, near.number(), [&] {
                char c;
                if (::recv(near.number(), &c, 1, MSG_DONTWAIT) == 1) ++called;
                if (inside) watch->rest();
            });
            const auto send = [&] { CPPUNIT_ASSERT_EQUAL(ssize_t{1}, ::send(far.number(), "x", 1, 0)); };
            const auto turns = [&](int wanted) {
                for (int i = 0; i < 5; ++i) loop.turn(std::chrono::milliseconds(called < wanted ? 100 : 2));
                CPPUNIT_ASSERT_EQUAL(wanted, called);
            };
            send();
            turns(1);
            watch->rest();
            loop.turn(base::Duration{0});       // what was waited for ends
            send();
            CPPUNIT_ASSERT_EQUAL(std::size_t{0}, loop.turn(std::chrono::milliseconds(2)));
            turns(1);
            watch->resume();
            turns(2);
            send();
            turns(inside ? 2 : 3);
        }
    }

    void a_turn_handles_a_bounded_number_of_events() {
        net::Loop loop;
        int ran = 0;
        for (int i = 0; i < 10; ++i) loop.post([&] { ++ran; });
        CPPUNIT_ASSERT_EQUAL(std::size_t{4}, loop.turn(std::chrono::seconds(1), 4));
        CPPUNIT_ASSERT_EQUAL(4, ran);
    }

    void a_watch_can_be_destroyed_inside_its_own_call() {
        net::Loop loop;
        int pair[2];
        CPPUNIT_ASSERT(!::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        const net::Descriptor near(pair[0]), far(pair[1]);
        std::unique_ptr<net::Watch> watch;
        int called = 0;
        watch = std::make_unique<net::Watch>(loop, near.number(), [&] {
            ++called;
            watch.reset();
        });
        CPPUNIT_ASSERT_EQUAL(ssize_t{1}, ::send(far.number(), "x", 1, 0));
        for (int i = 0; i < 3; ++i) loop.turn(std::chrono::milliseconds(20));
        CPPUNIT_ASSERT_EQUAL(1, called);
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoopTest);

}  // namespace
