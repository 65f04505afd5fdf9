// What the B2BUA asks of the world, in order. The daemon carries it out; answers re-enter as input.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/ids.hh"
#include "nft/pinhole.hh"
#include "sbc/dialog_question.hh"
#include "sbc/journal.hh"
#include "sbc/phones.hh"
#include "sbc/registrar_watch.hh"
#include "sip/transactions.hh"

namespace sbc {

struct CallRecord;

// Names one request for pinholes; 0: nobody waits for its answer.
using PinholeToken = base::Id<struct PinholeTokenTag, std::uint64_t>;

// All or nothing, one kernel transaction. Answered by B2bua::on_pinholes() when the token is not 0.
struct ChangePinholes {
    PinholeToken token;
    std::vector<nft::Change> changes;
};

// One attempt to call is over. Nobody waits for an answer.
struct WriteRecord {
    std::shared_ptr<const CallRecord> record;
};

using Effect =
    std::variant<sip::Send, ChangePinholes, WriteRecord, Journal, DialogQuestion, PhoneQuestion, RegistrarNews>;

}  // namespace sbc
