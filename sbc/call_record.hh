// What is written down of one attempt to call, once it is over: who, when, what came of it and why, and how its media
// fared. Made here, written by the daemon. An attempt that access rules refuse is counted, not written down: a flood
// must not fill a disk.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/call.hh"
#include "sbc/effects.hh"
#include "sbc/views.hh"

namespace sbc {

struct Context;

// Who ended it: the caller (a), the callee (b), or we ourselves.
enum class Ender : std::uint8_t { a, b, us };

struct CallRecord {
    struct Door {
        std::string endpoint;                  // "udp 203.0.113.9:5060"; empty: no target was chosen
        std::string call_id;
    };

    // One target of a call that we forked, as it ended there.
    struct Branch {
        std::string id, peer;
        Door door;
        int status = 0;                        // its final response; 200: it won; 0: it was cancelled before
    };

    CallView call;                             // as it stood at its end
    std::string requested;                     // the Request-URI as the caller wrote it
    Door a, b;
    std::optional<base::Time> ringing;         // the first 1xx of the far side
    base::Time ended;
    int status = 0;                            // the final response that the caller got; 0: none
    std::string why;                           // the reason's name, as in the log
    Ender ended_by = Ender::us;
    std::string policy_hash;
    std::vector<Branch> branches;              // in the order in which they ended; empty: it did not fork
};

// "udp 203.0.113.9:5060"; empty: port 0.
std::string endpoint_text(base::Transport transport, const base::Endpoint& remote);

// While the call still has its media: its figures go with it.
WriteRecord record_of(const Context& context, const Call& call, std::string_view why, int status, Ender by);

CallRecord::Branch branch_of(const Call& call, int status);

// An INVITE that was refused before it became a call.
struct Refusal {
    base::Reason why;
    int status;
    std::string route = {};                    // that decided; empty: none
};
WriteRecord record_of(Context& context, const Party& caller, const sip::Message& request, Refusal refusal);

}  // namespace sbc
