// A REGISTER that crosses to the registrar, and its answer (RFC 3261, 10; RFC 5853, 3.2; RFC 5626, 6 as far as bindings
// are named by instance and reg-id). A binding counts only after the registrar's 200, and only for the flow that asked.
// Refreshes that need not cross are registration_refresh.hh's, phones that are gone registration_loss.hh's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "policy/registration_rules.hh"
#include "sbc/registrations.hh"
#include "sip/message.hh"
#include "sip/name_addr.hh"

namespace sbc {

struct Context;
struct Party;
struct RelayedRequest;

// One Contact of a REGISTER under way.
struct PendingBinding {
    std::string token, contact, instance;
    std::uint32_t asked = 0;       // seconds
    std::uint64_t print = 0;
};

// What the zone behind a flow says of registrations; null: nothing, they cross as they are.
const policy::RegistrationRules* registration_rules(const Context& context, const base::Flow& flow);
// "sip:alice@example.com"; empty where To is malformed.
std::string aor_of(const sip::Message& request);
std::string aor_within(std::string_view name_addr);
// For how long this Contact is to stand.
std::uint32_t expires_of(const sip::NameAddr& contact, const sip::Message& message);
std::string instance_of(const sip::NameAddr& contact);
// Whether the binding that was asked for is one of flows (RFC 5626, 6), and the phone is next to us.
bool names_flows(const RelayedRequest& relayed);
// The Route that leads to the phone whose token a Request-URI bears (RFC 3327, 5.4); empty: it is next to us.
std::vector<std::string> path_towards(Context& context, std::string_view request_uri);
// Our own URI at that party, without parameters.
std::string our_contact_uri(const Party& party, std::string_view token);

// Before a REGISTER crosses: the Contacts that the registrar is to see, each of them ours and remembered in `relayed`.
// Answers why it must not.
base::Result<std::vector<std::string>> contacts_for_registrar(Context& context, RelayedRequest& relayed);
// The registrar's 2xx, before it crosses: bindings live or end. Answers the Contacts as the phone knows them.
std::vector<std::string> contacts_from_registrar(Context& context, RelayedRequest& relayed,
                                                 const sip::Message& response);
// The same 2xx as the phone is given it, before its Contacts are added: it will be said again.
void remember_answer(Context& context, const RelayedRequest& relayed, const sip::Message& response);
// A final response of 300 and more: where the registrar will have no more of the user, what he had here ends.
void registrar_refused(Context& context, const RelayedRequest& relayed, int status);

// (Re)arms what ends the binding when its phone stays silent.
void arm_expiry(Context& context, Registration& registration);
// After a reload the doors of registered phones have other numbers; a door that is gone takes its phones along.
void renumber_registrations(Context& context);
void forget(Context& context, std::string_view token, std::string_view why);

}  // namespace sbc
