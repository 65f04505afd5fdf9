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
// Nothing: these bytes are no key of such a set.
std::optional<Pinhole> pinhole_of(std::span<const std::uint8_t> key, Width width, bool v4);

// Both addresses are of one family, and the remote says as much as the width needs.
bool is_well_formed(const Pinhole& pinhole);

// One transaction under construction. The buffer is kept from one to the next.
class ElementBatch {
 public:
    enum class Kind : std::uint8_t { add, refresh, remove, clear, ban, unban };

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
    // The whole, ready to be sent. The sequence of message i is that of start() + 1 + i.
    std::span<const std::uint8_t> finish();

    std::size_t messages() const { return kinds_.size(); }
    Kind kind(std::size_t message) const { return kinds_[message]; }
    std::uint32_t first_sequence() const { return first_sequence_; }

 private:
    nlmsghdr* open_message(std::uint16_t type, std::uint16_t flags);
    void element(Kind kind, const Pinhole& pinhole);
    void comment(base::CallNumber call);
    void ban_element(Kind kind, const base::Address& source);
    void close_message(Kind kind, const char* set);

    std::string table_;
    std::vector<std::uint8_t> buffer_;
    std::size_t used_ = 0, last_message_ = 0;
    std::uint32_t first_sequence_ = 0;
    std::vector<Kind> kinds_;
    nftnl_set_elem* element_ = nullptr;     // filled anew for each message
};

// A request for all elements of a set.
std::vector<std::uint8_t> dump_request(const std::string& table, const std::string& set, std::uint32_t sequence);
// Each element of one message of the answer.
void read_elements(const nlmsghdr* message, Width width, bool v4,
                   const std::function<void(const PinholeStatus&)>& each);

}  // namespace nft
