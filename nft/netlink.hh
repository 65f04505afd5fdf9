// The door to the kernel's nf_tables: transactions of elements, dumps, and questions. Events come
// by nft/netlink_watch; scripts (the table's skeleton) go through nft/netlink_script. Needs CAP_NET_ADMIN.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nft/netlink_elements.hh"

namespace nft {

// A transaction that the kernel refused: nothing of it happened.
struct Refusal {
    int error = 0;      // errno
};

// A bound socket with large buffers. Throws std::system_error.
int open_netfilter_socket(std::uint32_t groups);

class Netlink {
 public:
    Netlink();      // throws std::system_error
    ~Netlink();
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    // Sends and waits for the acknowledgement. An empty batch costs nothing.
    std::optional<Refusal> commit(ElementBatch& batch);
    // Every element of the table's six pinhole sets; nothing: a set is missing or the kernel refuses.
    std::optional<std::vector<PinholeStatus>> dump(const std::string& table);
    bool table_exists(const std::string& table);
    // Of the whole ruleset: each transaction makes it one more. 0: the kernel does not say.
    std::uint32_t generation();
    // A hash of the table's chains, rules and sets with their handles, and of who is permitted; not of what else the
    // sets hold, and not of counters. 0: there is no table.
    std::uint64_t structure(const std::string& table);

    std::uint32_t next_sequence(std::size_t messages);
    std::uint32_t port() const { return port_; }

 private:
    using Each = std::function<void(const nlmsghdr*)>;
    int ask_about(std::uint16_t type, std::uint16_t flags, const std::string& table, const char* set, const Each& each);
    std::uint64_t structure_now(const std::string& table);
    int ask(const std::vector<std::uint8_t>& request, std::uint32_t sequence, const Each& each);

    int socket_ = -1;
    std::uint32_t port_ = 0, sequence_ = 0;
    std::vector<std::uint8_t> answer_;
};

}  // namespace nft
