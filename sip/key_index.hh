// The index of the transaction layer: 128-bit keys to a number, in constant time and one block of memory that grows
// and shrinks with its content. Keys are digests under a secret (transaction_key.hh), so no peer can aim at a slot.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sip {

struct Key {
    std::uint64_t high = 0, low = 0;
    friend bool operator==(const Key&, const Key&) = default;
};

class KeyIndex {
 public:
    // The number of this key; 0 when there is none.
    std::uint64_t find(const Key& key) const {
        if (entries_.empty()) return 0;
        for (std::size_t at = home(key);; at = next(at))
            if (!entries_[at].value || entries_[at].key == key) return entries_[at].value;
    }

    // Replaces what the key stood for. `value` is not 0.
    void put(const Key& key, std::uint64_t value) {
        assert(value);
        if (4 * (size_ + 1) > 3 * entries_.size()) resize(entries_.empty() ? kLeast : 2 * entries_.size());
        std::size_t at = home(key);
        while (entries_[at].value && entries_[at].key != key) at = next(at);
        if (!entries_[at].value) ++size_;
        entries_[at] = {key, value};
    }

    void erase(const Key& key) {
        if (entries_.empty()) return;
        std::size_t hole = home(key);
        while (entries_[hole].value && entries_[hole].key != key) hole = next(hole);
        if (!entries_[hole].value) return;
        // What follows in the same run moves up where the hole lies between its home and its place.
        for (std::size_t at = next(hole); entries_[at].value; at = next(at)) {
            const std::size_t mask = entries_.size() - 1;
            if (((at - home(entries_[at].key)) & mask) < ((at - hole) & mask)) continue;
            entries_[hole] = entries_[at];
            hole = at;
        }
        entries_[hole] = {};
        --size_;
        if (entries_.size() > kLeast && 8 * size_ < entries_.size()) resize(entries_.size() / 2);
    }

    std::size_t size() const { return size_; }

 private:
    static constexpr std::size_t kLeast = 16;
    struct Entry {
        Key key;
        std::uint64_t value = 0;
    };

    std::size_t home(const Key& key) const { return key.low & (entries_.size() - 1); }
    std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }

    void resize(std::size_t size) {
        const std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(size));
        for (const Entry& entry : old) {
            if (!entry.value) continue;
            std::size_t at = home(entry.key);
            while (entries_[at].value) at = next(at);
            entries_[at] = entry;
        }
    }

    std::vector<Entry> entries_;  // a power of two; value 0: empty
    std::size_t size_ = 0;
};

}  // namespace sip
