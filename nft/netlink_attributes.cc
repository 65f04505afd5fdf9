#include "nft/netlink_attributes.hh"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstring>

namespace nft {

const nlattr* attribute_of(const nlmsghdr* message, std::uint16_t type) {
    const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
    const auto* at = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
    for (; mnl_attr_ok(at, static_cast<int>(end - reinterpret_cast<const char*>(at))); at = mnl_attr_next(at))
        if (mnl_attr_get_type(at) == type) return at;
    return nullptr;
}

std::string_view text_of(const nlattr* attribute) {
    if (attribute == nullptr) return {};
    const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

std::uint32_t number_of(const nlattr* attribute) {
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != sizeof(std::uint32_t)) return 0;
    return mnl_attr_get_u32(attribute);
}

void Digest::add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    for (std::size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001b3U;
}

void Digest::add(const nlattr* attribute) {
    if (attribute != nullptr) add(attribute, attribute->nla_len);
}

void Digest::add(const nlmsghdr* message) {
    const auto* begin = static_cast<const char*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
    add(begin, static_cast<std::size_t>(static_cast<const char*>(mnl_nlmsg_get_payload_tail(message)) - begin));
}

}  // namespace nft
