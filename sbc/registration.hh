// Registrations that passed through us (RFC 3261, 10; RFC 5853, 3.2): which phone stands behind which Contact that we
// gave the registrar. A binding counts only after the registrar's 200, and only for the flow that asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/flow.hh"
#include "base/text.hh"
#include "base/timers.hh"
#include "sbc/views.hh"
#include "sip/message.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;
struct RelayedRequest;

struct Registration {
    std::string token;             // the user part of our Contact at the registrar
    std::string aor;               // "sip:alice@example.com", without parameters
    std::string contact;           // URI, as the phone wrote it
    std::string near_call_id, far_call_id;   // a refresh in the same series keeps its Call-ID at the registrar
    base::Flow flow;               // where the phone really is
    base::Time registered, expires;
    base::TimerHandle timer;
};

// One Contact of a REGISTER under way.
struct PendingBinding {
    std::string token, contact;
};

class Registrations {
 public:
    Registration* find(std::string_view token);
    Registration* find(std::string_view aor, std::string_view contact);
    Registration& put(Registration registration);
    void remove(std::string_view token);
    const auto& all() const { return by_token_; }
    std::size_t size() const { return by_token_.size(); }
    std::vector<std::string> tokens_of(std::string_view aor) const;

 private:
    std::unordered_map<std::string, Registration, base::TextHash, std::equal_to<>> by_token_;
    std::unordered_multimap<std::string, std::string, base::TextHash, std::equal_to<>> tokens_by_aor_;
};

// Before a REGISTER crosses: the Contacts that the registrar is to see, each of them ours and remembered in `relayed`.
// Refuses a Contact that is malformed.
base::Result<std::vector<std::string>> contacts_for_registrar(Context& context, RelayedRequest& relayed);
// The registrar's 2xx, before it crosses: bindings live or end. Answers the Contacts as the phone knows them.
std::vector<std::string> contacts_from_registrar(Context& context, RelayedRequest& relayed, const sip::Message& response);
// A registration's time is over.
void registration_expired(Context& context, std::string_view token);

}  // namespace sbc
