#include "base/entropy.hh"

#include <sys/random.h>

#include <cassert>
#include <cerrno>
#include <system_error>

namespace base {

std::string Entropy::token(std::size_t length) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~";
    std::string text(length, '\0');
    std::uint64_t bits = 0;
    int left = 0;
    for (char& c : text) {
        if (left < 6) {
            bits = next();
            left = 64;
        }
        c = kAlphabet[bits & 63];
        bits >>= 6;
        left -= 6;
    }
    return text;
}

std::uint64_t Entropy::below(std::uint64_t bound) {
    assert(bound > 0);
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;)
        if (const auto value = next(); value < limit) return value % bound;
}

std::uint64_t SystemEntropy::next() {
    if (used_ == 64) {
        for (std::size_t done = 0; done < sizeof block_;) {
            const ssize_t got = getrandom(reinterpret_cast<char*>(block_) + done, sizeof block_ - done, 0);
            if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
            if (got > 0) done += static_cast<std::size_t>(got);
        }
        used_ = 0;
    }
    return block_[used_++];
}

}  // namespace base
