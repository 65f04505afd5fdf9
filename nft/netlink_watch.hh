// Tells when somebody else changed our table, of which we keep no lock. While we change it seldom, the kernel's events
// tell at once. Events about our own changes cost as much as the changes, so while we change it often nobody listens:
// each transaction of ours then names the generation of the ruleset that it expects, and the kernel refuses it after a
// transaction of somebody else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hh"
#include "nft/netlink.hh"

struct nlmsghdr;

namespace nft {

class NetlinkWatch {
 public:
    enum class Verdict : std::uint8_t {
        untouched,
        unsure,         // others were at the ruleset; our rules are as they were, elements may not be
        changed,        // our table, or something in it that is not for others to change; or events were lost
    };

    // Make it before the table is made, and call renew() after. Throws std::system_error.
    NetlinkWatch(Netlink& netlink, std::string table);
    ~NetlinkWatch();
    NetlinkWatch(const NetlinkWatch&) = delete;
    NetlinkWatch& operator=(const NetlinkWatch&) = delete;

    // Before we make the table or its rules: from here on events are listened to. What was done before is told by
    // look().
    void listen();
    // The table was made by us since listen(): remembers how it is. False: somebody else was at it meanwhile.
    bool renew();

    // Commits with an eye on others: what they did meanwhile is no obstacle, and told by look().
    std::optional<Refusal> commit(ElementBatch& batch, base::Time now);

    // To be called when fd() is readable and at deadline().
    Verdict look(base::Time now);
    base::Time deadline() const;
    int fd() const { return socket_; }

 private:
    static constexpr base::Duration kOften{std::chrono::milliseconds(50)};      // between two commits
    static constexpr base::Duration kQuiet{std::chrono::milliseconds(100)};     // since the last one

    bool concerns_us(const nlmsghdr* message) const;
    bool committed_by_others(const nlmsghdr* message);
    bool read_events();
    void leave_out_own(std::uint32_t own_port);
    void join();
    void leave();

    Netlink& netlink_;
    std::string table_;
    int socket_ = -1;
    std::uint32_t own_process_ = 0; // as the kernel names it
    bool suspicious_ = false;       // in the transaction whose end (NEWGEN) has not come yet
    std::vector<std::uint8_t> buffer_;

    bool listening_ = true;
    bool changed_ = false;          // seen, not told yet
    bool others_came_ = false;      // while nobody listened
    std::uint32_t generation_ = 0;  // after our last transaction; while nobody listens
    std::uint64_t structure_ = 0;
    base::Time last_commit_{};
};

}  // namespace nft
