// Text that stays where it is: views into it are good for as long as the store lives, also after the store
// moved.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sip {

class TextStore {
  public:
    explicit TextStore(std::size_t first_bytes)
        : block_(make(first_bytes)), left_(first_bytes), at_(block_.get()) {}

    char* take(std::size_t bytes) {
        if (bytes > left_) {
            const std::size_t next = bytes > kBlock ? bytes : kBlock;
            full_.push_back(std::exchange(block_, make(next)));
            left_ = next;
            at_ = block_.get();
        }
        left_ -= bytes;
        return std::exchange(at_, at_ + bytes);
    }

    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        return {static_cast<char*>(std::memcpy(take(text.size()), text.data(), text.size())), text.size()};
    }

  private:
    static constexpr std::size_t kBlock = 1024;
    static std::unique_ptr<char[]> make(std::size_t bytes) {
        return std::make_unique_for_overwrite<char[]>(bytes);
    }

    std::unique_ptr<char[]> block_;
    std::size_t left_;
    char* at_;
    std::vector<std::unique_ptr<char[]>> full_;
};

}  // namespace sip
