// Who may send what, and how often: access rules with token buckets, limits of peers. One for each worker: rates are
// shared out evenly between the workers.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/reason.hh"
#include "base/time.hh"
#include "policy/routing.hh"

namespace policy {

// What one call takes of its peer's limits.
struct CallLoad {
    enum class Direction : std::uint8_t { in, out } direction = Direction::in;   // in: the peer calls
    std::uint64_t kbits = 0;
    bool emergency = false;        // counted, never refused
};

class Admission {
 public:
    // `share`: this worker's part of every rate and limit, 1 / number of workers.
    Admission(SnapshotPtr snapshot, double share);
    ~Admission();

    // Default-deny in untrusted zones, except for a known peer's source (methods of access rules still count where one
    // names its source). Trusted zones let everything in that no rule refuses. Asked for every request but ACK and
    // CANCEL; in-dialog requests of living calls are let in by their dialog, but count in the rate.
    // An emergency call needs the same permission, but no rate holds it up.
    std::optional<base::Reason> admit(const Facts& facts, base::Time now, Trace* trace = nullptr);

    // Limits of a peer: calls at once, per second, and their bandwidth. begin_call() answers why not; end_call() gives
    // the same back.
    std::optional<base::Reason> begin_call(base::PeerId peer, base::Time now, const CallLoad& load = {});
    // A call of an earlier life: it counts, and was let in long ago.
    void resume_call(std::string_view peer_name, const CallLoad& load = {});
    void end_call(base::PeerId peer, const CallLoad& load = {});
    // For a call that began under an earlier snapshot, whose indices may mean others now.
    void end_call(std::string_view peer_name, const CallLoad& load = {});

    // Limits of a peer on the REGISTERs that go to it: at once, and per second. end_register() gives one back.
    std::optional<base::Reason> begin_register(base::PeerId peer, base::Time now);
    void end_register(std::string_view peer_name);

    // New rules; buckets of rules that did not change keep their fill.
    void take_over(SnapshotPtr snapshot);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace policy
