// Attributes of a message of nf_tables, read without libnftnl: a few of many.
#pragma once

#include <cstdint>
#include <string_view>

struct nlattr;
struct nlmsghdr;

namespace nft {

// Null: the message has none of this type.
const nlattr* attribute_of(const nlmsghdr* message, std::uint16_t type);
// Empty, zero: null, or of another size.
std::string_view text_of(const nlattr* attribute);
std::uint32_t number_of(const nlattr* attribute);      // in the byte order of the wire, that is the kernel's choice

// Of bytes, to tell whether they have changed (FNV-1a). No guard against somebody who wants them to look alike.
class Digest {
 public:
    void add(const void* data, std::size_t size);
    void add(const nlattr* attribute);      // null adds nothing
    void add(const nlmsghdr* message);      // its attributes
    std::uint64_t value() const { return value_; }

 private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace nft
