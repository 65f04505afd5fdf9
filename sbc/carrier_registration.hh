// Our own registrations with peers (RFC 3261, 10.2): `auth = { register = true }`. One worker keeps each, by the peer's
// name. Registered at the start, refreshed in good time, tried again after failures with growing pauses (RFC 5626, 4.5),
// ended at a clean end and where a new policy says so. Calls to the registered Contact are routed as any from that peer.
// What phones register through us is registration.hh's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/timers.hh"
#include "policy/authentication.hh"
#include "sbc/call.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;

struct CarrierRegistration {
    std::uint64_t number = 0;                // names it to timers and transactions
    std::string peer;                        // by name: it outlives a reload
    std::shared_ptr<const policy::PeerLogin> login;
    std::string uri;                         // of the registrar
    std::string aor, contact_user;
    std::optional<Party> to;                 // as it was last asked
    std::string call_id, tag;
    std::uint32_t cseq = 0;
    base::Duration asked{};                  // for so long; a registrar may want more (423)
    std::optional<base::Time> until;         // registered until then
    unsigned failures = 0;                   // since the last success
    std::string last_failure;
    bool leaving = false;
    bool longer = false;                     // this attempt has had its 423
    sip::ClientId client;                    // a REGISTER is under way
    std::shared_ptr<LoginAttempt> login_attempt;
    base::TimerHandle timer;
};

using CarrierRegistrations = std::unordered_map<std::uint64_t, CarrierRegistration>;

// At the start and after each reload: begins what the policy wants and nobody keeps yet, ends what it wants no more.
void settle_carriers(Context& context);
// Its timer: time to register again.
void carrier_is_due(Context& context, std::uint64_t number);
void carrier_answered(Context& context, std::uint64_t number, sip::Message response);
void carrier_failed(Context& context, std::uint64_t number, base::Reason why);
// Before a clean end: the registrars shall not send calls here any more.
void leave_carriers(Context& context);

}  // namespace sbc
