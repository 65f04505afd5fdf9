#include "sbc/own_description.hh"

#include <functional>

#include "sbc/context.hh"

namespace sbc {

void sign(Context& context, Party& party, sdp::Session& session, const base::Address& ours) {
    auto& own = party.descriptions;
    // Both sides' versions count on their own, and forks and failover reuse them.
    if (!own.origin_id) {
        own.origin_id = context.entropy.next() >> 2;
        own.origin_version = own.origin_id;
    }
    session.set_origin("-", own.origin_id, 0, ours);
    const std::size_t description = std::hash<std::string>{}(session.to_string());
    if (own.last && own.last != description) ++own.origin_version;
    own.last = description;
    session.set_origin("-", own.origin_id, own.origin_version, ours);
}

}  // namespace sbc
