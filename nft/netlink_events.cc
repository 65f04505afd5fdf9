// Events: the kernel sends each change of a committed transaction, then NEWGEN with the process that committed it.
// A filter on the socket drops what our own element transactions cause, so that opening a pinhole wakes nobody.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "nft/netlink.hh"

namespace nft {
namespace {

constexpr std::size_t kEventBytes = 64 * 1024;

const nlattr* attribute_of(const nlmsghdr* message, std::uint16_t wanted) {
    const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
    const auto* at = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
    for (; mnl_attr_ok(at, static_cast<int>(end - reinterpret_cast<const char*>(at))); at = mnl_attr_next(at))
        if (mnl_attr_get_type(at) == wanted) return at;
    return nullptr;
}

std::string_view text_of(const nlattr* attribute) {
    if (attribute == nullptr) return {};
    const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

}  // namespace

TableEvents::TableEvents(std::string table, std::uint32_t own_port)
    : table_(std::move(table)), socket_(open_netfilter_socket(1U << (NFNLGRP_NFTABLES - 1))) {
    buffer_.resize(kEventBytes);
    leave_out_own(own_port);
}

TableEvents::~TableEvents() { close(socket_); }

// All messages of one datagram are of one transaction, so the first one's sender tells. BPF loads in network order.
void TableEvents::leave_out_own(std::uint32_t own_port) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(nlmsghdr, nlmsg_pid)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_port), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const sock_fprog filter{4, program};
    // Without it the events of our own are read and found harmless: slower, not wrong.
    (void)setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

// Bans and exemptions are for people to change by hand; the packet path itself fills `sources`.
bool TableEvents::concerns_us(const nlmsghdr* m) const {
    // The attribute that names the table is number 1 in all of these.
    if (text_of(attribute_of(m, NFTA_TABLE_NAME)) != table_) return false;
    const auto type = NFNL_MSG_TYPE(m->nlmsg_type);
    if (type != NFT_MSG_NEWSETELEM && type != NFT_MSG_DELSETELEM) return true;
    const auto set = text_of(attribute_of(m, NFTA_SET_ELEM_LIST_SET));
    return !set.starts_with("banned") && !set.starts_with("exempt") && !set.starts_with("sources");
}

// The number is that of the outermost PID namespace, which getpid() does not answer in a container: the first
// transaction that concerns us is the one that made the table, and tells it.
bool TableEvents::committed_by_others(const nlmsghdr* m) {
    const auto* attribute = attribute_of(m, NFTA_GEN_PROC_PID);
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != sizeof(std::uint32_t)) return true;
    const std::uint32_t committer = mnl_attr_get_u32(attribute);
    if (own_process_ == 0) own_process_ = committer;
    return committer != own_process_;
}

bool TableEvents::changed_by_others() {
    bool changed = false;
    for (;;) {
        const auto received = recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0 && errno == ENOBUFS) {
            changed = true;
            continue;
        }
        if (received <= 0) return changed;
        int left = static_cast<int>(received);
        for (auto* m = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(m, left);
             m = mnl_nlmsg_next(m, &left)) {
            if (NFNL_SUBSYS_ID(m->nlmsg_type) != NFNL_SUBSYS_NFTABLES) continue;
            if (NFNL_MSG_TYPE(m->nlmsg_type) != NFT_MSG_NEWGEN) {
                suspicious_ = suspicious_ || concerns_us(m);
                continue;
            }
            changed = changed || (suspicious_ && committed_by_others(m));
            suspicious_ = false;
        }
    }
}

}  // namespace nft
