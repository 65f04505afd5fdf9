// The door to the kernel's nf_tables: transactions of elements, dumps, and events about what others do to our
// table. Scripts (the table's skeleton) go through nft/netlink_script. Needs CAP_NET_ADMIN.
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
    int error = 0;                          // errno
    std::optional<std::size_t> message;     // which one of the batch, when the kernel says so
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

    std::uint32_t next_sequence(std::size_t messages);
    std::uint32_t port() const { return port_; }

 private:
    using Each = std::function<void(const nlmsghdr*)>;
    int ask(const std::vector<std::uint8_t>& request, std::uint32_t sequence, const Each& each);

    int socket_ = -1;
    std::uint32_t port_ = 0, sequence_ = 0;
    std::vector<std::uint8_t> answer_;
};

// Tells when somebody else changed our table. Changes of this process are not seen. Make it before the table is
// made, and read it once after.
class TableEvents {
 public:
    // `own_port`: whose transactions the kernel need not even wake us for.
    TableEvents(std::string table, std::uint32_t own_port);
    ~TableEvents();
    TableEvents(const TableEvents&) = delete;
    TableEvents& operator=(const TableEvents&) = delete;

    // Reads what is there. True: our table, or something in it that is not for others to change, was changed; or
    // events were lost, and it may have been.
    bool changed_by_others();
    int fd() const { return socket_; }

 private:
    bool concerns_us(const nlmsghdr* message) const;
    bool committed_by_others(const nlmsghdr* message);
    void leave_out_own(std::uint32_t own_port);

    std::string table_;
    int socket_ = -1;
    std::uint32_t own_process_ = 0; // as the kernel names it
    bool suspicious_ = false;       // in the transaction whose end (NEWGEN) has not come yet
    std::vector<std::uint8_t> buffer_;
};

}  // namespace nft
