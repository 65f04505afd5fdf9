#include "daemon/background.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace sallyportd {

void Background::enter() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC)) throw std::system_error(errno, std::generic_category(), "pipe");
    net::Descriptor listening(ends[0]);
    told_ = net::Descriptor(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child > 0) {
        told_ = net::Descriptor();
        char word;
        ssize_t count;
        do count = ::read(listening.number(), &word, 1);
        while (count < 0 && errno == EINTR);
        std::_Exit(count == 1 ? 0 : 1);
    }
    (void)::setsid();
    const net::Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    (void)::dup2(nothing.number(), STDIN_FILENO);
    (void)::dup2(nothing.number(), STDOUT_FILENO);
}

void Background::ready() {
    if (!told_) return;
    (void)!::write(told_.number(), "r", 1);
    told_ = net::Descriptor();
}

}  // namespace sallyportd
