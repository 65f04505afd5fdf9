// The table of bindings (RFC 3261, 10.2.1; RFC 5626, 4.2): which phone stands behind which Contact that we gave the
// registrar, found by that Contact, by address of record, and by the connection that leads to the phone. A binding is
// here only after the registrar's 200.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/flow.hh"
#include "base/text.hh"
#include "base/timers.hh"

namespace sbc {

// What stands at the registrar, and what it said.
struct Upstream {
    std::string peer;              // the registrar, by name
    std::optional<std::string> answer;   // its 200 as the phone was given it: header lines, each with its CRLF
    std::string parameters;        // of our Contact in it, without expires; the same
    base::Time expires;
    base::Time renew;              // until then refreshes are answered here
    std::vector<std::string> service_route;   // by which it wants the phone's requests (RFC 3608)
    std::uint32_t cseq = 0;        // of our last REGISTER in its series
    friend bool operator==(const Upstream&, const Upstream&) = default;
};

struct Registration {
    std::string token;             // the user part of our Contact at the registrar
    std::string aor;               // "sip:alice@example.com", without parameters
    std::string contact;           // URI, as the phone wrote it
    std::string instance;          // +sip.instance and reg-id, where it has both: they name the binding (RFC 5626, 6)
    std::vector<std::string> path; // by which proxies requests reach it, the first of them first (RFC 3327)
    std::string near_call_id, far_call_id;   // a refresh in the same series keeps its Call-ID at the registrar
    base::Flow flow;               // where the phone really is
    base::Time registered, expires;   // as the phone was told
    std::uint32_t granted = 0;     // seconds, the last time
    std::uint32_t cseq = 0;        // of the phone's REGISTER that the registrar took
    std::uint32_t answered_cseq = 0;   // of the last one that was answered here
    std::uint64_t contact_print = 0, login_print = 0;   // what that REGISTER said, see registration_refresh.hh
    Upstream upstream;
    base::TimerHandle timer;
};

class Registrations {
 public:
    Registration* find(std::string_view token);
    // By its instance where it has one, else by its Contact.
    Registration* find(std::string_view aor, std::string_view contact, std::string_view instance);
    Registration& put(Registration registration);
    void move(Registration& registration, const base::Flow& flow);   // the phone is there now
    void remove(std::string_view token);
    const auto& all() const { return by_token_; }
    std::size_t size() const { return by_token_.size(); }
    std::vector<std::string> tokens_of(std::string_view aor) const;
    std::vector<std::string> tokens_behind(base::ConnectionId connection) const;

 private:
    using Tokens = std::unordered_multimap<std::string, std::string, base::TextHash, std::equal_to<>>;
    void forget_connection(const Registration& registration);

    std::unordered_map<std::string, Registration, base::TextHash, std::equal_to<>> by_token_;
    Tokens tokens_by_aor_;
    std::unordered_multimap<std::uint64_t, std::string> tokens_by_connection_;   // streams only
};

}  // namespace sbc
