// The story of a call (and of a registration) that outlives its process: taken back from its record, with ports,
// relay, pinholes, timers and limits as they were; and what its peers repeat because its transactions are gone.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hh"
#include "sbc/call.hh"
#include "sip/message.hh"

namespace sbc {

struct Context;
struct KeptParty;

// By the wall clock to our line of time, whatever the clock said.
base::Time on_our_line(const Context& context, base::Time wall);

// The door at that address; null: there is none.
const policy::Listener* listener_at(const policy::Snapshot& policy, base::Transport transport, const base::Endpoint& local);

// False: it cannot live again; the log says why, and its record is erased.
bool restore_from_journal(Context& context, std::string_view key, std::string_view record);

// The party under the policy in force now; nothing: its door or its zone is no longer there.
std::optional<Party> party_of(const Context& context, const KeptParty& record);
// Of a living call: what it takes to begin a new one with it. Its connection is kept.
std::optional<Party> party_today(const Context& context, const Call& call, Side side);

// A 2xx to an INVITE of a restored call, whose transaction is gone: its ACK goes again, or at last (RFC 3261,
// 13.2.2.4). True: that was it.
bool is_answer_of_earlier_life(Context& context, const sip::Message& message);

}  // namespace sbc
