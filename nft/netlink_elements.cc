#include "nft/netlink_elements.hh"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>

#include <cassert>
#include <charconv>
#include <cstring>
#include <iterator>
#include <string_view>

#include "base/number.hh"
#include "nft/table_text.hh"

namespace nft {
namespace {

constexpr std::size_t kElementRoom = 512;       // more than a message's head or an element of ours needs
constexpr std::size_t kListBytes = 60'000;      // a netlink attribute's length has 16 bits
constexpr std::string_view kComment = "call ";
constexpr std::uint8_t kCommentType = 0;        // NFTNL_UDATA_SET_ELEM_COMMENT

constexpr const char* kSetNames[] = {"exact6",   "address6", "zone6",   "exact4",
                                     "address4", "zone4",    "banned6", "banned4"};
constexpr std::size_t kPinholeSets = 6;

std::size_t set_of(const Pinhole& p) { return (p.local.address.is_v4() ? 3 : 0) + static_cast<std::size_t>(p.width); }
std::size_t ban_set_of(const base::Address& source) { return source.is_v4() ? 7 : 6; }

void put(Key& key, const void* data, std::size_t size) {
    std::memcpy(key.bytes.data() + key.size, data, size);
    key.size = static_cast<std::uint8_t>(key.size + (size + 3) / 4 * 4);
}

void put_address(Key& key, const base::Address& address, bool v4) {
    if (v4) put(key, address.bytes().data() + 12, 4);
    else put(key, address.bytes().data(), 16);
}

void put_port(Key& key, std::uint16_t port) {
    const std::uint16_t wire = htons(port);
    put(key, &wire, 2);
}

// Takes fields off the front of a key that is known to be long enough.
struct Fields {
    const std::uint8_t* at;
    base::Address address(bool v4) {
        base::Address::Bytes bytes{};
        if (v4) bytes[10] = bytes[11] = 0xff;
        std::memcpy(bytes.data() + (v4 ? 12 : 0), at, v4 ? 4 : 16);
        at += v4 ? 4 : 16;
        return base::Address::from_bytes(bytes);
    }
    std::uint16_t port() {
        const auto value = static_cast<std::uint16_t>(at[0] << 8 | at[1]);
        at += 4;
        return value;
    }
    std::uint8_t byte() {
        const auto value = at[0];
        at += 4;
        return value;
    }
};

// A comment in nft's own coding (type, length, text with its NUL), so that `nft list` prints it.
std::size_t comment_for(base::CallNumber call, std::uint8_t* out) {
    char* text = reinterpret_cast<char*>(out) + 2;
    std::memcpy(text, kComment.data(), kComment.size());
    char* end = std::to_chars(text + kComment.size(), text + kComment.size() + 20, call.value).ptr;
    *end++ = '\0';
    out[0] = kCommentType;
    out[1] = static_cast<std::uint8_t>(end - text);
    return static_cast<std::size_t>(end - text) + 2;
}

base::CallNumber call_of_comment(const std::uint8_t* data, std::size_t size) {
    if (size < 3 || data[0] != kCommentType || data[1] + std::size_t{2} > size || data[1] == 0) return {};
    std::string_view text(reinterpret_cast<const char*>(data) + 2, data[1] - std::size_t{1});
    if (!text.starts_with(kComment)) return {};
    return base::CallNumber{base::to_number<std::uint64_t>(text.substr(kComment.size())).value_or(0)};
}

int take_counter(nftnl_expr* expression, void* data) {
    auto& status = *static_cast<PinholeStatus*>(data);
    const char* name = nftnl_expr_get_str(expression, NFTNL_EXPR_NAME);
    if (name != nullptr && std::strcmp(name, "counter") == 0) {
        status.packets = nftnl_expr_get_u64(expression, NFTNL_EXPR_CTR_PACKETS);
        status.bytes = nftnl_expr_get_u64(expression, NFTNL_EXPR_CTR_BYTES);
    }
    return 0;
}

PinholeStatus status_of(nftnl_set_elem* element, const Pinhole& pinhole) {
    PinholeStatus status{pinhole};
    std::uint32_t size = 0;
    if (const void* comment = nftnl_set_elem_get(element, NFTNL_SET_ELEM_USERDATA, &size))
        status.pinhole.call = call_of_comment(static_cast<const std::uint8_t*>(comment), size);
    nftnl_set_elem_expr_foreach(element, take_counter, &status);
    if (nftnl_set_elem_is_set(element, NFTNL_SET_ELEM_EXPIRATION))
        status.expires_s = static_cast<std::uint32_t>(nftnl_set_elem_get_u64(element, NFTNL_SET_ELEM_EXPIRATION) / 1000);
    return status;
}

}  // namespace

bool is_well_formed(const Pinhole& p) {
    if (p.local.port == 0 || p.local.address.is_unspecified()) return false;
    if (p.width == Width::zone) return true;
    return p.remote.address.is_v4() == p.local.address.is_v4() && (p.width == Width::address || p.remote.port != 0);
}

Key key_of(const Pinhole& p) {
    Key key;
    const bool v4 = p.local.address.is_v4();
    const std::uint8_t protocol = p.protocol == Protocol::udp ? IPPROTO_UDP : IPPROTO_TCP;
    put(key, &protocol, 1);
    put_address(key, p.local.address, v4);
    put_port(key, p.local.port);
    if (p.width != Width::zone) put_address(key, p.remote.address, v4);
    if (p.width == Width::exact) put_port(key, p.remote.port);
    return key;
}

Key key_of(const base::Address& source) {
    Key key;
    put_address(key, source, source.is_v4());
    return key;
}

std::optional<Pinhole> pinhole_of(std::span<const std::uint8_t> key, Width width, bool v4) {
    const std::size_t address = v4 ? 4 : 16;
    const std::size_t expected = 8 + address + (width == Width::zone ? 0 : address) + (width == Width::exact ? 4 : 0);
    if (key.size() != expected) return std::nullopt;
    Fields fields{key.data()};
    Pinhole p;
    p.width = width;
    const auto protocol = fields.byte();
    if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) return std::nullopt;
    p.protocol = protocol == IPPROTO_UDP ? Protocol::udp : Protocol::tcp;
    p.local.address = fields.address(v4);
    p.local.port = fields.port();
    if (width != Width::zone) p.remote.address = fields.address(v4);
    if (width == Width::exact) p.remote.port = fields.port();
    return p;
}

ElementBatch::ElementBatch(std::string table) : table_(std::move(table)), element_(nftnl_set_elem_alloc()) {
    static_assert(std::size(kSetNames) == kSets);
    start(0);
}

ElementBatch::~ElementBatch() { nftnl_set_elem_free(element_); }

void ElementBatch::start(std::uint32_t sequence) {
    for (auto& list : lists_) list.elements = 0;
    added_.clear();
    empty_ = true;
    messages_ = 0;
    first_sequence_ = sequence;
    if (buffer_.size() < kElementRoom) buffer_.resize(kElementRoom);
    auto* begin = nftnl_batch_begin(reinterpret_cast<char*>(buffer_.data()), sequence);
    mnl_attr_put_u32(begin, NFNL_BATCH_GENID, 0);
    used_ = MNL_ALIGN(begin->nlmsg_len);
}

void ElementBatch::expect(std::uint32_t generation) {
    const std::uint32_t wire = htonl(generation);
    auto* begin = reinterpret_cast<nlmsghdr*>(buffer_.data());
    auto* attribute = static_cast<nlattr*>(mnl_nlmsg_get_payload_offset(begin, sizeof(nfgenmsg)));
    std::memcpy(mnl_attr_get_payload(attribute), &wire, sizeof wire);
}

void ElementBatch::open(List& list, Change change, std::size_t set) {
    if (list.bytes.size() < 2 * kElementRoom) list.bytes.resize(2 * kElementRoom);
    const bool adds = change == Change::add;
    auto* message = nftnl_nlmsg_build_hdr(reinterpret_cast<char*>(list.bytes.data()),
                                          adds ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, NFPROTO_INET,
                                          adds ? NLM_F_CREATE : 0, 0);
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table_.c_str());
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, kSetNames[set]);
    list.elements_at = message->nlmsg_len;
    empty_ = false;
}

// Moves the message to those that are closed.
void ElementBatch::close(List& list) {
    auto* message = reinterpret_cast<nlmsghdr*>(list.bytes.data());
    ++messages_;
    message->nlmsg_seq = first_sequence_ + static_cast<std::uint32_t>(messages_);
    const std::size_t size = MNL_ALIGN(message->nlmsg_len);
    if (buffer_.size() < used_ + size + kElementRoom) buffer_.resize(2 * (used_ + size + kElementRoom));
    std::memcpy(buffer_.data() + used_, message, size);
    last_message_ = used_;
    used_ += size;
    list.elements = 0;
}

void ElementBatch::close_all() {
    for (auto& list : lists_)
        if (list.elements > 0) close(list);
    added_.clear();
}

void ElementBatch::element(Change change, std::size_t set, const Key& key) {
    auto& list = this->list(change, set);
    if (list.elements == 0) open(list, change, set);
    auto* message = reinterpret_cast<nlmsghdr*>(list.bytes.data());
    if (list.bytes.size() < message->nlmsg_len + kElementRoom) {
        list.bytes.resize(2 * list.bytes.size());
        message = reinterpret_cast<nlmsghdr*>(list.bytes.data());
    }
    nftnl_set_elem_set(element_, NFTNL_SET_ELEM_KEY, key.bytes.data(), key.size);
    auto* elements = list.elements == 0 ? mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS)
                                        : reinterpret_cast<nlattr*>(list.bytes.data() + list.elements_at);
    nftnl_set_elem_nlmsg_build(message, element_, static_cast<int>(++list.elements));
    mnl_attr_nest_end(message, elements);
    if (message->nlmsg_len - list.elements_at > kListBytes) close(list);
}

void ElementBatch::comment(base::CallNumber call) {
    std::uint8_t text[40];
    const auto size = static_cast<std::uint32_t>(comment_for(call, text));
    nftnl_set_elem_set(element_, NFTNL_SET_ELEM_USERDATA, text, size);
}

void ElementBatch::time(std::uint64_t timeout_ms, bool left_too) {
    nftnl_set_elem_set_u64(element_, NFTNL_SET_ELEM_TIMEOUT, timeout_ms);
    if (left_too) nftnl_set_elem_set_u64(element_, NFTNL_SET_ELEM_EXPIRATION, timeout_ms);
}

void ElementBatch::forget_values() {
    for (const auto value : {NFTNL_SET_ELEM_USERDATA, NFTNL_SET_ELEM_TIMEOUT, NFTNL_SET_ELEM_EXPIRATION})
        nftnl_set_elem_unset(element_, static_cast<std::uint16_t>(value));
}

void ElementBatch::add(const Pinhole& pinhole, std::uint64_t timeout_ms, const PinholeStatus* status) {
    assert(is_well_formed(pinhole));
    added_.insert(pinhole);
    comment(pinhole.call);
    time(timeout_ms, false);
    if (status != nullptr) {
        auto* counter = nftnl_expr_alloc("counter");
        nftnl_expr_set_u64(counter, NFTNL_EXPR_CTR_PACKETS, status->packets);
        nftnl_expr_set_u64(counter, NFTNL_EXPR_CTR_BYTES, status->bytes);
        nftnl_set_elem_add_expr(element_, counter);
    }
    element(Change::add, set_of(pinhole), key_of(pinhole));
    forget_values();
    if (status == nullptr) return;
    // libnftnl 1.2.4 cannot take an expression off again.
    nftnl_set_elem_free(element_);
    element_ = nftnl_set_elem_alloc();
}

void ElementBatch::refresh(const Pinhole& pinhole, std::uint64_t timeout_ms) {
    added_.insert(pinhole);
    comment(pinhole.call);
    time(timeout_ms, true);
    element(Change::add, set_of(pinhole), key_of(pinhole));
    forget_values();
}

void ElementBatch::remove(const Pinhole& pinhole) {
    if (added_.contains(pinhole)) close_all();      // after that
    element(Change::remove, set_of(pinhole), key_of(pinhole));
}

void ElementBatch::clear() {
    close_all();
    for (std::size_t set = 0; set < kPinholeSets; ++set) {
        open(list(Change::remove, set), Change::remove, set);       // without elements: all of them
        close(list(Change::remove, set));
    }
}

void ElementBatch::ban(const base::Address& source, std::uint64_t timeout_ms) {
    time(timeout_ms, true);
    element(Change::add, ban_set_of(source), key_of(source));
    forget_values();
}

void ElementBatch::unban(const base::Address& source) {
    element(Change::remove, ban_set_of(source), key_of(source));
}

std::span<const std::uint8_t> ElementBatch::finish() {
    close_all();
    // One acknowledgement, for the last message: the kernel answers it only after the commit.
    if (messages_ > 0) reinterpret_cast<nlmsghdr*>(buffer_.data() + last_message_)->nlmsg_flags |= NLM_F_ACK;
    auto* end = nftnl_batch_end(reinterpret_cast<char*>(buffer_.data() + used_),
                                first_sequence_ + 1 + static_cast<std::uint32_t>(messages_));
    return {buffer_.data(), used_ + MNL_ALIGN(end->nlmsg_len)};
}

std::vector<std::uint8_t> dump_request(const std::string& table, const std::string& set, std::uint32_t sequence) {
    std::vector<std::uint8_t> bytes(kElementRoom);
    auto* message = nftnl_nlmsg_build_hdr(reinterpret_cast<char*>(bytes.data()), NFT_MSG_GETSETELEM, NFPROTO_INET,
                                          NLM_F_DUMP, sequence);
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table.c_str());
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set.c_str());
    bytes.resize(message->nlmsg_len);
    return bytes;
}

void read_elements(const nlmsghdr* message, Width width, bool v4,
                   const std::function<void(const PinholeStatus&)>& each) {
    auto* set = nftnl_set_alloc();
    if (nftnl_set_elems_nlmsg_parse(message, set) == 0) {
        auto* iterator = nftnl_set_elems_iter_create(set);
        while (auto* element = nftnl_set_elems_iter_next(iterator)) {
            std::uint32_t size = 0;
            const void* key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);
            if (const auto pinhole = pinhole_of({static_cast<const std::uint8_t*>(key), size}, width, v4))
                each(status_of(element, *pinhole));
        }
        nftnl_set_elems_iter_destroy(iterator);
    }
    nftnl_set_free(set);
}

}  // namespace nft
