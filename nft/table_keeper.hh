// Keeps the kernel's table as it is to be: carries changes out, keeps elements alive while they are wanted, and
// repairs the table when somebody else changed it. Used by the warden; needs CAP_NET_ADMIN. Time is handed in.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/reason.hh"
#include "base/time.hh"
#include "nft/desired_state.hh"
#include "nft/netlink_watch.hh"
#include "nft/table_spec.hh"

namespace nft {

class TableKeeper {
 public:
    using Outcome = std::optional<base::Reason>;    // nothing: done

    // Takes over the pinholes that an earlier life left, as forsaken ones; the rest of the table is made anew. Throws
    // std::runtime_error with one line that says what to do.
    TableKeeper(TableSpec spec, base::Time now);

    // Each request is all or nothing. All go in one transaction; when it fails, each alone, so that only the culprit
    // is refused. Answers one outcome a request, in order.
    std::vector<Outcome> commit(std::span<const std::vector<Change>> requests, base::Time now);
    // Of all owners.
    Outcome close_all(base::Time now);
    // The owners are gone, and others may come to open the same again: until then the pinholes stay and are refreshed.
    void forsake() { desired_.forsake(); }
    // What nobody has opened again. Answers how many.
    std::size_t close_forsaken(base::Time now);
    Outcome ban(const base::Address& source, base::Duration length, base::Time now);
    Outcome unban(const base::Address& source, base::Time now);
    // New rules; pinholes, bans and counters stay. The name of the table stays too.
    Outcome reload(TableSpec spec, base::Time now);
    void remove_table();

    std::optional<std::vector<PinholeStatus>> dump() { return netlink_.dump(spec_.table); }

    // To be called when event_fd() is readable, and at deadline(), which it answers.
    base::Time work(base::Time now);
    base::Time deadline() const;
    int event_fd() const { return watch_.fd(); }

    std::size_t size() const { return desired_.size(); }
    std::uint64_t repairs() const { return repairs_; }
    bool refreshes_in_place() const { return in_place_; }

 private:
    using Steps = std::vector<DesiredState::Step>;
    Steps apply(const std::vector<Change>& changes);
    void undo(const std::vector<Change>& changes, const Steps& steps);
    Outcome commit_alone(const std::vector<Change>& changes, base::Time now);
    Outcome attempt(const std::vector<Change>& changes, bool& lost, base::Time now);
    Outcome refused(const Refusal& refusal);
    void start_batch() { batch_.start(netlink_.next_sequence(kMostMessages)); }
    bool add_all(const std::vector<Pinhole>& pinholes, base::Time now);
    bool restore(base::Time now);
    bool repair(base::Time now);
    bool heal(base::Time now);
    bool adopt();
    bool refresh_some(base::Time now);
    void probe_refresh(base::Time now);
    void note(NetlinkWatch::Verdict verdict);
    void compare(base::Time now);
    std::uint64_t timeout_ms() const;

    static constexpr std::size_t kMostMessages = 1 << 16;

    TableSpec spec_;
    Netlink netlink_;
    NetlinkWatch watch_;
    ElementBatch batch_;
    DesiredState desired_;
    std::map<base::Address, base::Time> bans_;

    bool in_place_ = false;                     // the kernel can set the time of an element anew
    bool dirty_ = false;                        // the kernel's table is not what it is to be
    bool unsure_ = false;                       // whether the pinholes are what they are to be
    base::Time next_repair_{}, next_refresh_{}, next_comparison_{};
    std::vector<Pinhole> to_refresh_;           // the rest of this round
    std::vector<PinholeStatus> counted_;        // of this round, where elements must be replaced to be refreshed
    std::uint64_t repairs_ = 0;
    int last_logged_error_ = 0;
};

}  // namespace nft
