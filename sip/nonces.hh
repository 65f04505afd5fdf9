// Nonces of ours (RFC 7616, 5.4): they carry their time and are signed, so that a challenge leaves nothing behind, and
// any worker with the same key knows them. What is kept, after the right password alone: which counts (nc) of a nonce
// have been used, for no more than a bounded number of nonces. A nonce is good for one realm and one source address.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/address.hh"
#include "base/entropy.hh"
#include "base/hash.hh"
#include "base/text.hh"
#include "base/time.hh"

namespace sip {

base::Key256 make_key(base::Entropy& entropy);

class Nonces {
 public:
    static constexpr base::Duration kLifetime = std::chrono::minutes(5);
    static constexpr std::size_t kMost = 50'000;

    explicit Nonces(const base::Key256& key, std::size_t most = kMost) : key_(key), most_(most) {}

    // For whom a nonce is made.
    struct Client {
        std::string_view realm;
        base::Address address;
    };
    std::string make(base::Entropy& entropy, const Client& client, base::Time now) const;

    enum class Verdict : std::uint8_t {
        good,
        stale,      // too old, of another key or client, or forgotten: a new one is due, the password was right
        replayed,   // this count was used before
    };
    // Uses up one count. Only for credentials whose response was right: strangers must not fill the memory.
    Verdict use(std::string_view nonce, std::uint32_t count, const Client& client, base::Time now);

    std::size_t remembered() const { return windows_.size(); }

 private:
    // The highest count, and which of the 63 below it were used (bit 0: the highest): datagrams overtake each other.
    struct Window {
        std::uint32_t highest = 0;
        std::uint64_t used = 0;
        bool take(std::uint32_t count);
    };

    std::string signature(std::string_view head, const Client& client) const;
    void forget_old(base::Time now);

    base::Key256 key_;
    std::size_t most_;
    std::unordered_map<std::string, Window, base::TextHash, std::equal_to<>> windows_;
    std::deque<std::string> order_;      // of the first use
    std::uint32_t floor_ = 0;            // what was made until then and is not remembered may have been used
};

}  // namespace sip
