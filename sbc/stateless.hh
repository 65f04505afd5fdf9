// Responses without a transaction (RFC 3261, 8.2.7): to what is refused before any state is kept, and to what may be
// answered again whenever it is repeated.
#pragma once

#include <optional>

#include "base/flow.hh"
#include "sip/message.hh"

namespace sbc {

struct Context;

struct StatelessResponse {
    sip::Message message;
    base::Flow way;
};

// Via with received and rport, From, To with a tag that is the same for each repetition, Call-ID, CSeq; nothing where
// the topmost Via is malformed.
std::optional<StatelessResponse> respond_statelessly(const sip::Message& request, const base::Flow& flow, int status);
void send(Context& context, const StatelessResponse& response);

}  // namespace sbc
