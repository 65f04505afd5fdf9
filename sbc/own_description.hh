// The session descriptions that we send to one side as our own (RFC 3264, 8): one o= line whose version counts up with
// each change, and the last that was agreed on, to be repeated where we refresh the session ourselves.
#pragma once

#include <cstdint>
#include <string>

#include "sdp/session.hh"

namespace sbc {

struct Context;
struct Party;

struct OwnDescriptions {
    std::uint64_t origin_id = 0, origin_version = 0;
    std::size_t last = 0;             // hash of the last that was sent
    std::string offered, agreed;      // kept only where a refresh may need it
};

// Writes our o= line; the version counts up where anything else has changed.
void sign(Context& context, Party& party, sdp::Session& session, const base::Address& ours);

}  // namespace sbc
