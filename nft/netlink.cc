#include "nft/netlink.hh"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "nft/netlink_attributes.hh"

namespace nft {
namespace {

constexpr int kBufferBytes = 8 << 20;       // a transaction goes out in one piece
constexpr std::size_t kAnswerBytes = 64 * 1024;
constexpr int kAttempts = 3;                // to look at what nobody else changes meanwhile

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void set(int socket, int level, int option, int value) {
    (void)setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

int open_netfilter_socket(std::uint32_t groups) {
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (socket < 0) fail("netlink socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        const int error = errno;
        close(socket);
        errno = error;
        fail("netlink bind");
    }
    set(socket, SOL_SOCKET, SO_SNDBUFFORCE, kBufferBytes);
    set(socket, SOL_SOCKET, SO_RCVBUFFORCE, kBufferBytes);
    return socket;
}

Netlink::Netlink() : socket_(open_netfilter_socket(0)) {
    set(socket_, SOL_NETLINK, NETLINK_CAP_ACK, 1);      // refusals without the refused message
    sockaddr_nl address{};
    socklen_t length = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = address.nl_pid;
    answer_.resize(kAnswerBytes);
}

Netlink::~Netlink() { close(socket_); }

std::uint32_t Netlink::next_sequence(std::size_t messages) {
    const auto first = sequence_ + 1;
    sequence_ = first + static_cast<std::uint32_t>(messages) + 1;
    return first;
}

std::optional<Refusal> Netlink::commit(ElementBatch& batch) {
    if (batch.empty()) return std::nullopt;
    const auto bytes = batch.finish();
    const std::size_t messages = batch.messages();
    if (send(socket_, bytes.data(), bytes.size(), 0) < 0) return Refusal{errno};

    // The kernel has worked on it within send(): everything that it says is here already, in the messages' order.
    std::optional<Refusal> refusal;
    bool acknowledged = false;
    while (!acknowledged) {
        const auto received = recv(socket_, answer_.data(), answer_.size(), MSG_DONTWAIT);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) break;
        int left = static_cast<int>(received);
        for (auto* m = reinterpret_cast<const nlmsghdr*>(answer_.data()); mnl_nlmsg_ok(m, left);
             m = mnl_nlmsg_next(m, &left)) {
            const auto place = m->nlmsg_seq - batch.first_sequence();
            if (m->nlmsg_type != NLMSG_ERROR || place > messages + 1) continue;     // of an earlier transaction
            const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(m));
            if (error->error == 0) acknowledged = acknowledged || place == messages;
            else if (!refusal) refusal = Refusal{-error->error};
        }
    }
    if (!refusal && !acknowledged) return Refusal{EIO};
    return refusal;
}

// Answers 0 or an errno.
int Netlink::ask(const std::vector<std::uint8_t>& request, std::uint32_t sequence, const Each& each) {
    if (send(socket_, request.data(), request.size(), 0) < 0) return errno;
    for (;;) {
        const auto received = recv(socket_, answer_.data(), answer_.size(), 0);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0) return errno;
        int left = static_cast<int>(received);
        for (auto* m = reinterpret_cast<const nlmsghdr*>(answer_.data()); mnl_nlmsg_ok(m, left);
             m = mnl_nlmsg_next(m, &left)) {
            if (m->nlmsg_seq != sequence) continue;
            if (m->nlmsg_type == NLMSG_DONE) return 0;
            if (m->nlmsg_type == NLMSG_ERROR) return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(m))->error;
            each(m);
        }
    }
}

std::optional<std::vector<PinholeStatus>> Netlink::dump(const std::string& table) {
    std::vector<PinholeStatus> all;
    for (const bool v4 : {true, false}) {
        for (const auto width : {Width::exact, Width::address, Width::zone}) {
            const char* family = v4 ? "4" : "6";
            static constexpr const char* kNames[] = {"exact", "address", "zone"};
            const auto sequence = next_sequence(0);
            const auto request = dump_request(table, std::string(kNames[static_cast<int>(width)]) + family, sequence);
            const int error = ask(request, sequence, [&](const nlmsghdr* message) {
                read_elements(message, width, v4, [&](const PinholeStatus& status) { all.push_back(status); });
            });
            if (error != 0) return std::nullopt;
        }
    }
    return all;
}

// About the table or, where one is named, about a set of it. The attributes are 1 and 2 in all of these messages.
int Netlink::ask_about(std::uint16_t type, std::uint16_t flags, const std::string& table, const char* set,
                       const Each& each) {
    std::vector<std::uint8_t> request(256);
    const auto sequence = next_sequence(0);
    auto* message = nftnl_nlmsg_build_hdr(reinterpret_cast<char*>(request.data()), type, NFPROTO_INET, flags, sequence);
    mnl_attr_put_strz(message, NFTA_TABLE_NAME, table.c_str());
    if (set != nullptr) mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
    request.resize(message->nlmsg_len);
    return ask(request, sequence, each);
}

bool Netlink::table_exists(const std::string& table) {
    return ask_about(NFT_MSG_GETTABLE, NLM_F_ACK, table, nullptr, [](const nlmsghdr*) {}) == 0;
}

std::uint32_t Netlink::generation() {
    std::vector<std::uint8_t> request(256);
    const auto sequence = next_sequence(0);
    auto* message = nftnl_nlmsg_build_hdr(reinterpret_cast<char*>(request.data()), NFT_MSG_GETGEN, NFPROTO_UNSPEC,
                                          NLM_F_ACK, sequence);
    request.resize(message->nlmsg_len);
    std::uint32_t generation = 0;
    ask(request, sequence, [&](const nlmsghdr* m) { generation = ntohl(number_of(attribute_of(m, NFTA_GEN_ID))); });
    return generation;
}

std::uint64_t Netlink::structure_now(const std::string& table) {
    Digest digest;
    bool found = false;
    const auto all = [&](const nlmsghdr* m) {
        found = true;
        digest.add(m);
    };
    const auto of_table = [&](const nlmsghdr* m) {      // the kernel dumps the chains of all tables
        if (text_of(attribute_of(m, NFTA_CHAIN_TABLE)) == table) all(m);
    };
    const auto set = [&](const nlmsghdr* m) {           // newer kernels say how many elements it has, too
        digest.add(attribute_of(m, NFTA_SET_NAME));
        digest.add(attribute_of(m, NFTA_SET_HANDLE));
    };
    ask_about(NFT_MSG_GETTABLE, NLM_F_ACK, table, nullptr, all);
    if (!found) return 0;
    ask_about(NFT_MSG_GETCHAIN, NLM_F_DUMP, table, nullptr, of_table);
    ask_about(NFT_MSG_GETRULE, NLM_F_DUMP, table, nullptr, all);
    ask_about(NFT_MSG_GETSET, NLM_F_DUMP, table, nullptr, set);
    for (const char* permitted : {"permitted4", "permitted6"})
        ask_about(NFT_MSG_GETSETELEM, NLM_F_DUMP, table, permitted, all);
    return digest.value();
}

std::uint64_t Netlink::structure(const std::string& table) {
    for (int attempt = 0;; ++attempt) {
        const auto before = generation();
        const auto structure = structure_now(table);
        if (attempt == kAttempts || generation() == before) return structure;
    }
}

}  // namespace nft
