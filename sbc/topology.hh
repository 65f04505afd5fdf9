// Topology hiding as applied (RFC 5853, 3.1): what a message that crosses still names of the side it comes from is
// hidden, kept or replaced as the policy's profile says. What a B2BUA replaces anyway (Via, Contact, Call-ID, Route,
// Record-Route, From and To of its own dialogs, SDP) is done where the message is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sbc/call.hh"
#include "sip/message.hh"
#include "sip/name_addr.hh"

namespace sbc {

struct Context;

// The hosts that a message names as its sender's own: Via, Contact, Record-Route, Route, SDP's o= and c=, the real source
// and our own address on that side. Taken before the message is edited.
std::vector<std::string> own_names(const Context& context, const sip::Message& message, const Party& from);

void hide(sip::Message& message, const std::vector<std::string>& names, const Party& to);

// The same user, to be asked for at our own door as that party knows it.
void move_to_our_door(sip::Uri& uri, const Party& party);

// The host by which the party knows us.
std::string our_host(const Party& party);

// From or To as the other side may see it: tag removed, host replaced where the profile hides it.
std::string hidden_identity(std::string_view name_addr, const Party& to, policy::LeakPlace place,
                            std::string_view host);

}  // namespace sbc
