// The bytes of a journal's record: integers are little-endian and of fixed size, texts and lists are counted. The reader
// checks every length, and every value that has a range: whatever the bytes are, it answers in bounded time and memory,
// and says whether they were well-formed.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/record_codec.hh"

namespace sbc {

inline constexpr std::size_t kLongestText = 64 * 1024;
inline constexpr std::size_t kMostItems = 256;

class RecordWriter : public RecordCodec<RecordWriter> {
 public:
    std::string take() { return std::move(bytes_); }

 private:
    friend RecordCodec<RecordWriter>;
    bool check(bool good) const { return good; }
    template <std::integral Integer>
    void integer(const Integer& value) {
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes_ += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
    }
    void text(const std::string& value) {
        integer(static_cast<std::uint32_t>(value.size()));
        bytes_ += value;
    }
    std::size_t count(std::size_t items) {
        integer(static_cast<std::uint16_t>(items));
        return items;
    }

    std::string bytes_;
};

class RecordReader : public RecordCodec<RecordReader> {
 public:
    explicit RecordReader(std::string_view bytes) : rest_(bytes) {}
    // All bytes were read, and all were well-formed.
    bool complete() const { return good_ && rest_.empty(); }

 private:
    friend RecordCodec<RecordReader>;
    // Once false, everything that is still to be read is empty.
    bool check(bool good) {
        if (!good) good_ = false, rest_ = {};
        return good_;
    }
    template <std::integral Integer>
    void integer(Integer& value) {
        value = {};
        if (!check(rest_.size() >= sizeof value)) return;
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < sizeof value; ++i)
            number |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
        rest_.remove_prefix(sizeof value);
        if constexpr (std::same_as<Integer, bool>) check(number <= 1);
        value = static_cast<Integer>(number);
    }
    void text(std::string& value) {
        std::uint32_t size = 0;
        integer(size);
        if (!check(size <= kLongestText && size <= rest_.size())) return value.clear();
        value = rest_.substr(0, size);
        rest_.remove_prefix(size);
    }
    // An item is a byte at least, so that a count never asks for more memory than the bytes are worth.
    std::size_t count(std::size_t) {
        std::uint16_t items = 0;
        integer(items);
        return check(items <= kMostItems && items <= rest_.size()) ? items : 0;
    }

    std::string_view rest_;
    bool good_ = true;
};

// A version, then the fields.
template <class Record>
std::string to_bytes(std::uint8_t version, const Record& record) {
    RecordWriter writer;
    writer(version, record);
    return writer.take();
}

// Nothing: not well-formed, or of another version.
template <class Record>
std::optional<Record> from_bytes(std::uint8_t version, std::string_view bytes) {
    RecordReader reader(bytes);
    std::uint8_t theirs = 0;
    Record record;
    reader(theirs);
    if (theirs != version) return std::nullopt;
    reader(record);
    return reader.complete() ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace sbc
