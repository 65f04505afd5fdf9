// The warden's counter: takes the operations of one engine from its sockets to the table's keeper, and the answers
// back. What arrived in one turn of the loop goes to the kernel in one transaction. Does not trust the engine: what
// is not well-formed costs the link.
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hh"
#include "nft/table_keeper.hh"

namespace sallyportd {

class WardenDesk {
 public:
    // Takes ownership of the sockets; the keeper outlives the desk.
    WardenDesk(nft::TableKeeper& keeper, std::vector<int> sockets);
    ~WardenDesk();
    WardenDesk(const WardenDesk&) = delete;
    WardenDesk& operator=(const WardenDesk&) = delete;

    void add_to(std::vector<pollfd>& watched) const;
    // Serves the links; `seen` is what add_to() added, after poll().
    void serve(std::span<const pollfd> seen, base::Time now);
    bool engine_is_ready() const { return ready_; }
    // Every worker has said which pinholes of an earlier engine are its own.
    bool all_claimed() const { return claims_ + 1 >= links_.size(); }

 private:
    struct Link {
        int socket = -1;                            // -1: closed
        std::vector<std::vector<std::uint8_t>> outgoing;
        std::vector<nft::Change> partial;           // a request whose end has not come yet
        nft::TableSpec spec;                        // a description whose end has not come yet
    };
    struct Asked {
        std::size_t link;
        std::uint64_t token;
    };

    void read_link(std::size_t link);
    bool take(std::size_t link, std::uint8_t operation, std::span<const std::uint8_t> record);
    bool take_change(std::size_t link, std::span<const std::uint8_t> record);
    void take_ban(std::uint8_t operation, std::span<const std::uint8_t> record);
    void commit();
    void answer(std::size_t link, std::uint64_t token, const nft::TableKeeper::Outcome& outcome);
    void dump(std::size_t link, std::uint64_t token);
    void drop(std::size_t link, const char* cause);

    nft::TableKeeper& keeper_;
    std::vector<Link> links_;
    std::vector<std::vector<nft::Change>> requests_;    // of this turn; the first `asked_.size()` of it
    std::vector<Asked> asked_;
    std::vector<std::uint8_t> incoming_;
    base::Time now_{};
    std::size_t claims_ = 0;
    bool ready_ = false;
};

}  // namespace sallyportd
