// What a zone says of the phones that register through us from there (RFC 3261, 10; RFC 5853, 3.2): how often they
// refresh with us, how long their bindings stand at the registrar, and what becomes of those whose phone is gone.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hh"

namespace policy {

// What a refresh that is answered here must bring of what the registrar asked for.
enum class RefreshProof : std::uint8_t {
    flow,         // nothing: it comes over the flow whose REGISTER the registrar took
    credentials,  // credentials for the same user and realm
};

// Phones whose registrar is gone are answered here.
struct Survival {
    base::Duration within{std::chrono::hours(24)};     // of the registrar's last 200
    base::Duration expires{std::chrono::seconds(60)};  // what a phone is given meanwhile, at most
};

struct RegistrationRules {
    base::Duration client_expires{std::chrono::seconds(60)};   // what a phone is told, if it asks for no less
    base::Duration registrar_expires{std::chrono::hours(1)};   // what the registrar is asked for, or more
    RefreshProof proof = RefreshProof::flow;
    bool deregister = true;         // a binding whose phone is gone is removed at the registrar
    std::uint32_t contacts = 10;    // bindings of one address of record
    std::optional<Survival> survive;   // nothing: who has no registrar has no service
};

}  // namespace policy
