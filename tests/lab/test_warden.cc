// The warden as a process, with small engines, each in a network namespace of its own.
#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <new>
#include <thread>

#include "daemon/privilege.hh"
#include "daemon/warden.hh"
#include "daemon/warden_link.hh"
#include "tests/lab/test_pinholes_world.hh"

namespace {

using namespace std::chrono_literals;
using sallyportd::Warden;
using sallyportd::WardenInput;
using sallyportd::WardenLink;
using Engine = std::function<int(const std::vector<int>&)>;

nft::TableSpec spec() {
    nft::TableSpec s;
    s.media = {{*base::Address::parse("198.51.100.1"), {30000, 39999}, 6001}};
    return s;
}

nft::Change open(std::uint16_t port) {
    nft::Change change;
    change.pinhole.local = {*base::Address::parse("198.51.100.1"), port};
    change.pinhole.remote = *base::Endpoint::parse("203.0.113.9:4000");
    change.pinhole.call = base::CallNumber{42};
    return change;
}

// Waits for what is asked: answers and the end of a dump.
WardenInput wait_for(WardenLink& link, std::size_t answers, std::size_t dumps) {
    WardenInput all;
    for (const auto end = lab::now() + 5s; lab::now() < end && !all.closed;) {
        if (all.answers.size() >= answers && all.dumps_done.size() >= dumps) break;
        pollfd watched{link.fd(), POLLIN, 0};
        poll(&watched, 1, 100);
        auto some = link.on_readable();
        all.answers.insert(all.answers.end(), some.answers.begin(), some.answers.end());
        all.pinholes.insert(all.pinholes.end(), some.pinholes.begin(), some.pinholes.end());
        all.dumps_done.insert(all.dumps_done.end(), some.dumps_done.begin(), some.dumps_done.end());
        all.closed = some.closed;
    }
    return all;
}

// What the processes tell the test.
struct Shared {
    std::atomic<int> starts{0}, ended_cleanly{0};
};

class WardenTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(WardenTest);
    CPPUNIT_TEST(requests_of_several_links_are_answered_each_on_its_own);
    CPPUNIT_TEST(a_reload_changes_the_rules_and_keeps_pinholes);
    CPPUNIT_TEST(an_engine_that_fails_at_its_start_ends_the_warden);
    CPPUNIT_TEST(the_next_engine_claims_its_pinholes_and_the_others_are_closed);
    CPPUNIT_TEST(the_next_life_takes_over_what_both_left);
    CPPUNIT_TEST(a_new_life_keeps_the_table);
    CPPUNIT_TEST(a_term_signal_drains_the_engine_and_removes_the_table);
    CPPUNIT_TEST(an_engine_that_does_not_drain_is_killed);
    CPPUNIT_TEST(a_killed_warden_ends_the_engine_and_leaves_a_closed_table);
    CPPUNIT_TEST(nonsense_on_the_link_costs_the_link);
    CPPUNIT_TEST(the_privileges_that_remain_suffice);
    CPPUNIT_TEST_SUITE_END();

    Shared* shared_ = nullptr;

 public:
    void setUp() override {
        lab::enter_namespace();
        shared_ = new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared;
    }
    void tearDown() override { munmap(shared_, sizeof(Shared)); }

 private:
    pid_t start(const Engine& engine, base::Duration drain_limit = 5s, bool limited = false) {
        std::fflush(nullptr);
        const pid_t child = fork();
        if (child != 0) return child;
        sallyportd::WardenSettings settings;
        settings.table = spec();
        settings.links = 2;
        settings.drain_limit = drain_limit;
        settings.engine = [this, &engine](const std::vector<int>& sockets) {
            ++shared_->starts;
            return engine(sockets);
        };
        Warden warden(settings);
        if (limited) sallyportd::limit_warden();
        _exit(warden.run());
    }

    static int end_of(pid_t warden) {
        int status = -1;
        waitpid(warden, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

    template <class Condition>
    static bool soon(const Condition& condition) {
        for (const auto end = lab::now() + 5s; lab::now() < end; std::this_thread::sleep_for(10ms))
            if (condition()) return true;
        return false;
    }
    static std::string table() { return lab::shell("nft list table inet sallyport 2>/dev/null"); }

    void requests_of_several_links_are_answered_each_on_its_own() {
        const auto warden = start([](const std::vector<int>& sockets) {
            WardenLink first(sockets[0]), second(sockets[1]);
            std::vector<nft::Change> many;
            for (std::uint16_t i = 0; i < 200; ++i) many.push_back(open(static_cast<std::uint16_t>(31000 + i)));
            first.submit(1, std::vector{open(30000), open(30001)});
            auto wrong = open(30002);
            wrong.pinhole.remote = *base::Endpoint::parse("[2001:db8::1]:4000");
            first.submit(2, std::vector{open(30002), wrong});
            first.submit(3, {});
            second.submit(1, many);
            first.flush();
            second.flush();
            const auto answers = wait_for(first, 3, 0).answers;
            if (answers.size() != 3 || answers[0].refused || answers[2].refused) return 1;
            if (answers[1].token != 2 || answers[1].refused != base::Reason::pinhole_refused) return 2;
            if (wait_for(second, 1, 0).answers.size() != 1) return 3;
            second.request_dump(9);
            second.flush();
            const auto dump = wait_for(second, 0, 1);
            if (dump.dumps_done != std::vector<sallyportd::WardenToken>{9} || dump.pinholes.size() != 202) return 4;
            first.reset(5);
            first.request_dump(6);
            first.flush();
            return wait_for(first, 1, 1).pinholes.empty() ? 0 : 5;
        });
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT_EQUAL(std::string(), table());
    }

    void a_reload_changes_the_rules_and_keeps_pinholes() {
        const auto warden = start([](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            link.submit(1, std::vector{open(30000)});
            auto next = spec();
            for (std::uint16_t i = 0; i < 100; ++i)
                next.permitted.push_back({next.media[0].address, {30000, 39999},
                                          *base::Prefix::parse("192.0.2." + std::to_string(i))});
            next.listeners = {{*base::Endpoint::parse("198.51.100.1:5060"), false, true}};
            link.install(2, next);
            link.ban(*base::Address::parse("192.0.2.7"), 60);
            link.request_dump(3);
            link.flush();
            const auto all = wait_for(link, 2, 1);
            if (all.answers.size() != 2 || all.answers[1].refused || all.pinholes.size() != 1) return 1;
            const auto text = table();
            return text.find("192.0.2.99") != std::string::npos && text.find("dport 5060") != std::string::npos &&
                           text.find("192.0.2.7 counter") != std::string::npos
                       ? 0 : 2;
        });
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
    }

    void an_engine_that_fails_at_its_start_ends_the_warden() {
        CPPUNIT_ASSERT_EQUAL(7, end_of(start([](const std::vector<int>&) { return 7; })));
        CPPUNIT_ASSERT_EQUAL(1, shared_->starts.load());
        CPPUNIT_ASSERT_EQUAL(std::string(), table());
    }

    // Until the second engine has claimed, all stand; then those that it asked for.
    static int claim_first_of_two(WardenLink& link) {
        link.request_dump(1);
        link.flush();
        if (wait_for(link, 0, 1).pinholes.size() != 2) return 8;
        link.submit(2, std::vector{open(30000)});
        link.claimed();
        link.flush();
        wait_for(link, 1, 0);
        for (int i = 0; i < 100; ++i) {
            link.request_dump(3);
            link.flush();
            const auto left = wait_for(link, 0, 1).pinholes;
            if (left.size() == 1) return left[0].pinhole.local.port == 30000 ? 0 : 9;
            std::this_thread::sleep_for(10ms);
        }
        return 10;
    }

    void the_next_engine_claims_its_pinholes_and_the_others_are_closed() {
        const auto warden = start([this](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            link.ready();
            if (shared_->starts > 1) return claim_first_of_two(link);
            link.submit(1, std::vector{open(30000), open(30001)});
            link.flush();
            wait_for(link, 1, 0);
            raise(SIGKILL);
            return 0;
        });
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT_EQUAL(2, shared_->starts.load());
    }

    void the_next_life_takes_over_what_both_left() {
        const auto killed = start([this](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            link.submit(1, std::vector{open(30000), open(30001)});
            link.flush();
            wait_for(link, 1, 0);
            ++shared_->ended_cleanly;
            return wait_for(link, 99, 0).closed ? 0 : 1;
        });
        CPPUNIT_ASSERT(soon([this] { return shared_->ended_cleanly == 1; }));
        kill(killed, SIGKILL);
        end_of(killed);
        const auto next = start([](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            return claim_first_of_two(link);
        });
        CPPUNIT_ASSERT_EQUAL(0, end_of(next));
    }

    void a_new_life_keeps_the_table() {
        const auto warden = start([this](const std::vector<int>& sockets) {
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, SIGUSR2);
            sigprocmask(SIG_BLOCK, &set, nullptr);
            WardenLink link(sockets[0]);
            link.submit(1, std::vector{open(30000)});
            link.flush();
            wait_for(link, 1, 0);
            ++shared_->ended_cleanly;
            const timespec limit{5, 0};
            return sigtimedwait(&set, nullptr, &limit) == SIGUSR2 ? sallyportd::kBeginAnew : 1;
        });
        CPPUNIT_ASSERT(soon([this] { return shared_->ended_cleanly == 1; }));
        kill(warden, SIGUSR2);
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT(table().find("203.0.113.9 . 4000") != std::string::npos);
    }

    void a_term_signal_drains_the_engine_and_removes_the_table() {
        const auto warden = start([this](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            link.ready();
            link.flush();
            sigset_t term;
            sigemptyset(&term);
            sigaddset(&term, SIGTERM);
            sigprocmask(SIG_BLOCK, &term, nullptr);
            const timespec limit{5, 0};
            if (sigtimedwait(&term, nullptr, &limit) == SIGTERM) ++shared_->ended_cleanly;
            return 0;
        });
        CPPUNIT_ASSERT(soon([this] { return shared_->starts == 1; }));
        std::this_thread::sleep_for(50ms);
        kill(warden, SIGTERM);
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT_EQUAL(1, shared_->ended_cleanly.load());
        CPPUNIT_ASSERT_EQUAL(std::string(), table());
    }

    void an_engine_that_does_not_drain_is_killed() {
        const auto warden = start(
            [](const std::vector<int>&) {
                signal(SIGTERM, SIG_IGN);
                std::this_thread::sleep_for(10s);
                return 0;
            },
            300ms);
        CPPUNIT_ASSERT(soon([this] { return shared_->starts == 1; }));
        std::this_thread::sleep_for(50ms);
        const auto asked = lab::now();
        kill(warden, SIGTERM);
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT(lab::now() - asked < 2s);
    }

    void a_killed_warden_ends_the_engine_and_leaves_a_closed_table() {
        const auto warden = start([this](const std::vector<int>& sockets) {
            WardenLink link(sockets[0]);
            link.submit(1, std::vector{open(30000)});
            link.flush();
            wait_for(link, 1, 0);
            ++shared_->starts;
            if (wait_for(link, 99, 0).closed) ++shared_->ended_cleanly;
            return 1;
        });
        CPPUNIT_ASSERT(soon([this] { return shared_->starts == 2; }));
        kill(warden, SIGKILL);
        end_of(warden);
        CPPUNIT_ASSERT(soon([this] { return shared_->ended_cleanly == 1; }));
        const auto left = table();
        CPPUNIT_ASSERT(left.find("203.0.113.9 . 4000") != std::string::npos);
        CPPUNIT_ASSERT(left.find("expires") != std::string::npos);
        CPPUNIT_ASSERT(left.find("counter name \"strangers\" drop") != std::string::npos);
    }

    void nonsense_on_the_link_costs_the_link() {
        const auto warden = start([](const std::vector<int>& sockets) {
            WardenLink good(sockets[1]);
            const char nonsense[] = "\x01\x40nothing that is known";
            if (write(sockets[0], nonsense, sizeof nonsense) < 0) return 1;
            WardenLink bad(sockets[0]);
            if (!wait_for(bad, 1, 0).closed) return 2;
            good.submit(1, std::vector{open(30000)});
            good.flush();
            return wait_for(good, 1, 0).answers.size() == 1 ? 0 : 3;
        });
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
    }

    // The second engine becomes nobody too, and the table is taken down, with what the warden has kept.
    void the_privileges_that_remain_suffice() {
        if (lab::shell("cat /proc/self/uid_map").find("4294967295") == std::string::npos) return;   // no real root
        const auto warden = start(
            [this](const std::vector<int>& sockets) {
                sallyportd::drop_to("nobody");
                sallyportd::enter_seccomp();
                WardenLink link(sockets[0]);
                link.ready();
                link.submit(1, std::vector{open(30000)});
                link.flush();
                const auto input = wait_for(link, 1, 0);
                if (shared_->starts == 1) raise(SIGKILL);
                return input.answers.size() == 1 && !input.answers[0].refused && geteuid() != 0 ? 0 : 1;
            },
            5s, true);
        CPPUNIT_ASSERT_EQUAL(0, end_of(warden));
        CPPUNIT_ASSERT_EQUAL(2, shared_->starts.load());
        CPPUNIT_ASSERT_EQUAL(std::string(), table());
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WardenTest);

}  // namespace
