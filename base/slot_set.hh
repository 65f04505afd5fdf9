// Which of 256 slots are taken, so that a walk over them passes over the empty ones at once.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace base {

class SlotSet {
 public:
    void add(std::uint32_t slot) { words_[slot / 64] |= std::uint64_t{1} << slot % 64; }
    void remove(std::uint32_t slot) { words_[slot / 64] &= ~(std::uint64_t{1} << slot % 64); }
    // The first one taken from `slot` (0 to 256) on; 256: none.
    std::uint64_t first_from(std::uint64_t slot) const {
        for (std::uint64_t word = slot / 64, mask = ~std::uint64_t{0} << slot % 64; word < words_.size(); ++word, mask = ~std::uint64_t{0})
            if (const auto found = words_[word] & mask) return 64 * word + static_cast<unsigned>(std::countr_zero(found));
        return 256;
    }

 private:
    std::array<std::uint64_t, 4> words_{};
};

}  // namespace base
