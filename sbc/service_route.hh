// Service-Route (RFC 3608): the way by which a registrar wants the requests of its phones. It is kept with the bindings;
// the phone is told a way that leads to us, and what it sends on to that registrar's peer gets the registrar's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sbc/registrations.hh"
#include "sip/message.hh"

namespace sbc {

struct Context;
struct Party;
struct RelayedRequest;

// Of the registrar's 2xx. What is no name-addr with a SIP URI is left out.
std::vector<std::string> service_route_of(const sip::Message& response);
// In that 2xx as it leaves to the phone: ours, where the registrar had one (a fixed value of the topology goes before).
void put_our_service_route(const Context& context, const RelayedRequest& relayed, sip::Message& response);

// The binding of who sends this: the one that its Route names, as we gave it, or one of its From; in either case over the
// binding's own flow. Null: none.
const Registration* registration_of_sender(Context& context, const base::Flow& flow, const sip::Message& request);
// The Route of the sender's requests towards that peer; empty where it is not registered there, or was told none.
std::vector<std::string> service_route_to(const Registration* sender, std::string_view peer);

}  // namespace sbc
