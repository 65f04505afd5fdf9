// Randomness as a door: real in the daemon, seeded in tests and the simulation.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace base {

class Entropy {
 public:
    virtual ~Entropy() = default;
    virtual std::uint64_t next() = 0;

    // A token of `length` characters out of 64 that SIP's token, Call-ID and tag grammars allow (6 bits each).
    std::string token(std::size_t length);
    // Uniform in [0, bound); bound must be positive.
    std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator, fetched in blocks. Cryptographically strong.
class SystemEntropy final : public Entropy {
 public:
    std::uint64_t next() override;

 private:
    std::uint64_t block_[64];
    std::size_t used_ = 64;
};

// Replays the same sequence for the same seed. For tests only.
class SeededEntropy final : public Entropy {
 public:
    explicit SeededEntropy(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override { return engine_(); }

 private:
    std::mt19937_64 engine_;
};

}  // namespace base
