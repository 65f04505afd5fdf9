// Many short texts in one block, read in their order: what a transaction keeps of a message that has gone, and what a
// registration says.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sip {

class PackedTexts {
 public:
    void reserve(std::size_t bytes) { block_.reserve(bytes); }
    void add(std::string_view text) {
        const auto length = static_cast<std::uint32_t>(text.size());
        block_.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
    }
    // The text at `at`, which moves to the next one. Begins with 0; asking for more than was added is our own fault.
    std::string_view next(std::size_t& at) const {
        std::uint32_t length;
        std::memcpy(&length, block_.data() + at, sizeof length);
        const std::string_view text = std::string_view(block_).substr(at + sizeof length, length);
        at += sizeof length + length;
        return text;
    }
    std::size_t size() const { return block_.size(); }   // where the last text ends
    bool empty() const { return block_.empty(); }
    void clear() { std::string().swap(block_); }
    static std::size_t room_for(std::string_view text) { return sizeof(std::uint32_t) + text.size(); }

 private:
    std::string block_;
};

}  // namespace sip
