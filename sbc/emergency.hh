// What an emergency call brings through unharmed, whatever header rules and topology say: how urgent it is (RFC 3261,
// 20.26; RFC 4412) and what was called (RFC 5031).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/snapshot.hh"
#include "sip/message.hh"

namespace sbc {

using Urgency = std::vector<std::pair<std::string, std::string>>;   // names and values of its headers

Urgency urgency_of(const sip::Message& request);
void put_urgency(sip::Message& request, const Urgency& urgency);

// A service stays what was asked for: the peer knows who serves it. All else is a user at the peer, or one device of his
// (RFC 5627, 6.1).
std::string request_uri_at(const policy::Peer& peer, std::string_view asked);

}  // namespace sbc
