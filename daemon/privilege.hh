// Giving away what a process does not need: identity, capabilities, and system calls (seccomp). Each function
// changes the calling process for good and throws std::system_error or std::runtime_error when it cannot.
#pragma once

#include <string>

namespace sallyportd {

// The warden keeps CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_KILL, and CAP_SETUID and CAP_SETGID so
// that an engine it starts again can become `user`. Everything else leaves the bounding set too.
void limit_warden();
// Whoever this process is: what it executes next has its capabilities too.
void keep_capabilities();

// Engine: no new privileges; user and groups of `user`, or of nobody when there is no such user; no capability; not
// dumpable, since cores hold keys. Returns the name of whom it became.
std::string drop_to(const std::string& user);

// Engine, after drop_to() and after what needs more was opened: an allow-list of system calls for all threads,
// everything else answers EPERM. No program can be executed, no process made, no memory made executable.
void enter_seccomp();

}  // namespace sallyportd
