// Each test gives privileges away in a child process of its own.
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "daemon/privilege.hh"

namespace {

int in_child(const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) _exit(body());
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

std::string status_line(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ":")) return line.substr(line.find_last_of(" \t") + 1);
    return {};
}

class PrivilegeTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(PrivilegeTest);
    CPPUNIT_TEST(an_engine_has_no_capability_and_no_root);
    CPPUNIT_TEST(the_warden_keeps_six_capabilities);
    CPPUNIT_TEST(an_engine_works_under_seccomp);
    CPPUNIT_TEST(an_engine_cannot_do_what_it_need_not);
    CPPUNIT_TEST_SUITE_END();

    void an_engine_has_no_capability_and_no_root() {
        CPPUNIT_ASSERT_EQUAL(0, in_child([] {
            sallyportd::drop_to("no-such-user-anywhere");
            if (geteuid() == 0) return 1;
            if (status_line("CapPrm") != "0000000000000000") return 2;
            if (status_line("CapEff") != "0000000000000000") return 3;
            if (status_line("NoNewPrivs") != "1") return 4;
            return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 5;
        }));
    }

    void the_warden_keeps_six_capabilities() {
        if (geteuid() != 0) return;
        CPPUNIT_ASSERT_EQUAL(0, in_child([] {
            sallyportd::limit_warden();
            const std::string kept = "00000000000034e0";    // KILL SETGID SETUID NET_BIND_SERVICE NET_ADMIN NET_RAW
            if (status_line("CapPrm") != kept || status_line("CapBnd") != kept) return 1;
            return in_child([] {
                sallyportd::drop_to("nobody");
                return geteuid() != 0 && status_line("CapPrm") == "0000000000000000" ? 0 : 1;
            });
        }));
    }

    void an_engine_works_under_seccomp() {
        CPPUNIT_ASSERT_EQUAL(0, in_child([] {
            sallyportd::drop_to("nobody");
            sallyportd::enter_seccomp();
            int ran = 0;
            std::thread([&ran] { ran = 1; }).join();
            for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
                const int s = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                if (s < 0 || close(s) != 0) return 2;
            }
            std::ifstream file("/etc/hostname");
            std::string line;
            std::getline(file, line);
            return ran == 1 && std::string(100'000, 'x').size() == 100'000 ? 0 : 3;
        }));
    }

    void an_engine_cannot_do_what_it_need_not() {
        CPPUNIT_ASSERT_EQUAL(0, in_child([] {
            sallyportd::drop_to("nobody");
            sallyportd::enter_seccomp();
            const auto refused = [](long result) { return result < 0 && errno == EPERM; };
            if (!refused(execl("/bin/true", "true", nullptr))) return 1;
            if (!refused(fork())) return 2;
            if (!refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr))) return 3;
            if (!refused(socket(AF_INET, SOCK_RAW, IPPROTO_RAW))) return 4;
            if (!refused(socket(AF_NETLINK, SOCK_RAW, 12))) return 5;
            if (!refused(socket(AF_PACKET, SOCK_RAW, 0))) return 6;
            if (!refused(kill(getppid(), 0))) return 7;
            if (!refused(setuid(0))) return 8;
            if (!refused(unshare(0x10000000))) return 9;
            return 0;
        }));
    }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PrivilegeTest);

}  // namespace
