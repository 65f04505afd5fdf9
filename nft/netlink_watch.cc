#include "nft/netlink_watch.hh"

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
#include <utility>

#include "nft/netlink_attributes.hh"

namespace nft {
namespace {

constexpr std::size_t kEventBytes = 64 * 1024;

}  // namespace

NetlinkWatch::NetlinkWatch(Netlink& netlink, std::string table)
    : netlink_(netlink), table_(std::move(table)), socket_(open_netfilter_socket(1U << (NFNLGRP_NFTABLES - 1))) {
    buffer_.resize(kEventBytes);
    leave_out_own(netlink.port());
}

NetlinkWatch::~NetlinkWatch() { close(socket_); }

// All messages of one datagram are of one transaction, so the first one's sender tells. BPF loads in network order.
void NetlinkWatch::leave_out_own(std::uint32_t own_port) {
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
bool NetlinkWatch::concerns_us(const nlmsghdr* m) const {
    // The attribute that names the table is number 1 in all of these.
    if (text_of(attribute_of(m, NFTA_TABLE_NAME)) != table_) return false;
    const auto type = NFNL_MSG_TYPE(m->nlmsg_type);
    if (type != NFT_MSG_NEWSETELEM && type != NFT_MSG_DELSETELEM) return true;
    const auto set = text_of(attribute_of(m, NFTA_SET_ELEM_LIST_SET));
    return !set.starts_with("banned") && !set.starts_with("exempt") && !set.starts_with("sources");
}

// The number is that of the outermost PID namespace, which getpid() does not answer in a container: the first
// transaction that concerns us is the one that made the table, and tells it.
bool NetlinkWatch::committed_by_others(const nlmsghdr* m) {
    const std::uint32_t committer = number_of(attribute_of(m, NFTA_GEN_PROC_PID));
    if (committer == 0) return true;
    if (own_process_ == 0) own_process_ = committer;
    return committer != own_process_;
}

// The kernel sends each change of a committed transaction, then NEWGEN with the process that committed it.
bool NetlinkWatch::read_events() {
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

// What others commit in between is seen twice, by both ways of watching, never by none.
void NetlinkWatch::join() {
    const int group = NFNLGRP_NFTABLES;
    if (listening_) return;
    listening_ = setsockopt(socket_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
    if (netlink_.generation() != generation_) others_came_ = true;
}

void NetlinkWatch::leave() {
    const int group = NFNLGRP_NFTABLES;
    generation_ = netlink_.generation();
    if (generation_ == 0 || setsockopt(socket_, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group) < 0) return;
    listening_ = false;
    if (read_events()) changed_ = true;
}

void NetlinkWatch::listen() {
    join();
    if (read_events()) changed_ = true;
}

bool NetlinkWatch::renew() {
    if (read_events()) return false;
    structure_ = netlink_.structure(table_);
    return true;
}

std::optional<Refusal> NetlinkWatch::commit(ElementBatch& batch, base::Time now) {
    if (batch.empty()) return std::nullopt;
    if (listening_ && now - last_commit_ < kOften) leave();
    last_commit_ = now;
    if (listening_) return netlink_.commit(batch);
    batch.expect(generation_);
    auto refusal = netlink_.commit(batch);
    if (refusal && refusal->error == ERESTART) {
        others_came_ = true;
        generation_ = netlink_.generation();
        batch.expect(0);
        refusal = netlink_.commit(batch);
    }
    if (!refusal && ++generation_ == 0) ++generation_;      // as the kernel counts
    return refusal;
}

NetlinkWatch::Verdict NetlinkWatch::look(base::Time now) {
    if (!listening_ && now - last_commit_ >= kQuiet) {
        join();
        if (!listening_) {      // refused: the generation goes on telling
            generation_ = netlink_.generation();
            last_commit_ = now;
        }
    }
    if (listening_ && read_events()) changed_ = true;
    const bool unsure = std::exchange(others_came_, false);
    if (unsure && netlink_.structure(table_) != structure_) changed_ = true;
    if (std::exchange(changed_, false)) return Verdict::changed;
    return unsure ? Verdict::unsure : Verdict::untouched;
}

base::Time NetlinkWatch::deadline() const {
    if (others_came_ || changed_) return base::Time{};
    return listening_ ? base::kNever : last_commit_ + kQuiet;
}

}  // namespace nft
