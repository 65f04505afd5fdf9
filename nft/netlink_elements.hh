// Pinholes and bans as bytes of a netlink transaction (libnftnl, libmnl), and back. No system call here: the
// bytes are sent by nft/netlink. Keys are laid out as nft lays out concatenations, each field padded to four bytes,
// so that `nft list` prints them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "nft/pinhole.hh"

struct nftnl_set_elem;
struct nlmsghdr;

namespace nft {

struct Key {
    std::array<std::uint8_t, 44> bytes{};
    std::uint8_t size = 0;
};

Key key_of(const Pinhole& pinhole);
Key key_of(const base::Address& source);        // of a ban
// Nothing: these bytes are no key of such a set.
std::optional<Pinhole> pinhole_of(std::span<const std::uint8_t> key, Width width, bool v4);

// Both addresses are of one family, and the remote says as much as the width needs.
bool is_well_formed(const Pinhole& pinhole);

// One transaction under construction: a message for each set and kind of change, with all its elements, so that the
// kernel looks a set up once. What is removed goes before what is added; an element may be replaced. The buffers are
// kept from one transaction to the next.
class ElementBatch {
 public:
    explicit ElementBatch(std::string table);
    ~ElementBatch();
    ElementBatch(const ElementBatch&) = delete;
    ElementBatch& operator=(const ElementBatch&) = delete;

    void start(std::uint32_t sequence);
    // `status`: begin with these packets and bytes.
    void add(const Pinhole& pinhole, std::uint64_t timeout_ms, const PinholeStatus* status = nullptr);
    // Sets the time left back to the whole, or adds what is lost. Kernels before 6.12 take this for a repeated add
    // of an element that is there, and do nothing.
    void refresh(const Pinhole& pinhole, std::uint64_t timeout_ms);
    void remove(const Pinhole& pinhole);
    // All pinholes of all sets.
    void clear();
    void ban(const base::Address& source, std::uint64_t timeout_ms);
    void unban(const base::Address& source);
    bool empty() const { return empty_; }
    // The kernel refuses it (ERESTART) where the ruleset is of another generation. 0: of whichever; so it starts.
    void expect(std::uint32_t generation);

    // The whole, ready to be sent, again too. The sequence of message i is that of start() + 1 + i; the last one asks
    // for an acknowledgement.
    std::span<const std::uint8_t> finish();
    std::size_t messages() const { return messages_; }      // after finish()
    std::uint32_t first_sequence() const { return first_sequence_; }

 private:
    enum class Change : std::uint8_t { remove, add };
    static constexpr std::size_t kSets = 8;

    // A message that grows.
    struct List {
        std::vector<std::uint8_t> bytes;
        std::size_t elements = 0, elements_at = 0;
    };

    List& list(Change change, std::size_t set) { return lists_[static_cast<std::size_t>(change) * kSets + set]; }
    void open(List& list, Change change, std::size_t set);
    void close(List& list);
    void close_all();
    void element(Change change, std::size_t set, const Key& key);
    void comment(base::CallNumber call);
    void time(std::uint64_t timeout_ms, bool left_too);
    void forget_values();

    std::string table_;
    std::vector<std::uint8_t> buffer_;      // messages that are closed
    std::size_t used_ = 0, last_message_ = 0;
    std::uint32_t first_sequence_ = 0;
    std::size_t messages_ = 0;
    bool empty_ = true;
    std::array<List, 2 * kSets> lists_;
    std::unordered_set<Pinhole, ElementHash, SameElement> added_;   // in lists that are open
    nftnl_set_elem* element_ = nullptr;     // filled anew for each element
};

// A request for all elements of a set.
std::vector<std::uint8_t> dump_request(const std::string& table, const std::string& set, std::uint32_t sequence);
// Each element of one message of the answer.
void read_elements(const nlmsghdr* message, Width width, bool v4,
                   const std::function<void(const PinholeStatus&)>& each);

}  // namespace nft
