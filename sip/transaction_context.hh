// What the four machines see of the layer they live in: the time, the wheel, the keys, and the two lists that leave.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/timers.hh"
#include "sip/transaction_key.hh"
#include "sip/transactions.hh"

namespace sip {

// RFC 3261, table 4; l and m of RFC 6026; cancelled: the wait for a final response after a CANCEL (9.1).
enum class TimerName : std::uint8_t { a, b, d, m, cancelled, e, f, k, g, h, i, l, j };

struct TransactionTimer {
    std::uint64_t id = 0;
    TimerName name{};
};

// What becomes of a large request where no stream leads to its target (RFC 3261, 18.1.1): the same transaction goes on
// with its datagram.
struct Fallback {
    base::Flow flow;
    std::shared_ptr<const std::string> bytes;
};
using FallbackPtr = std::unique_ptr<const Fallback>;

struct TransactionContext {
    TransactionContext(base::Entropy& entropy, const TransactionTimers& timers) : durations(timers), keys(entropy) {}

    TransactionTimers durations;
    base::Time now{};  // of the input that is being handled
    base::Timers<TransactionTimer> wheel;
    KeyMaker keys;
    KeyIndex merged;   // 8.2.2.2: to the ids of server transactions
    std::vector<Send> sends;
    std::vector<TransactionEvent> events;

    // Stops what the handle named before.
    void arm(base::TimerHandle& handle, base::Duration after, std::uint64_t id, TimerName name) {
        wheel.cancel(handle);
        handle = wheel.arm(now + after, {id, name});
    }
    void send(const base::Flow& flow, std::shared_ptr<const std::string> bytes) {
        sends.push_back({flow, std::move(bytes)});
    }
    void tell(TransactionEvent event) { events.push_back(std::move(event)); }
};

// Whether the failure of `failed` concerns a transaction on `own`, which may have been waiting for its stream.
inline bool concerns(const base::Flow& failed, const base::Flow& own) {
    return !own.connection.value || own.connection == failed.connection;
}

// Marks the ids of the tables that serve every method but INVITE.
inline constexpr std::uint32_t kNonInviteMark = 1U << 31;

inline std::shared_ptr<const std::string> wire(const Message& message) {
    return std::make_shared<const std::string>(message.serialize());
}

}  // namespace sip
