// A registration as a record of the journal (call_journal.hh is its neighbour for calls).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.hh"
#include "base/time.hh"
#include "sbc/registration.hh"

namespace sbc {

struct KeptRegistration {
    std::string token, aor, contact, near_call_id, far_call_id;
    base::Transport transport = base::Transport::udp;
    base::Endpoint local, remote;                     // of its flow
    base::Time registered, expires;                   // by the wall clock
};

std::string key_of(std::string_view token);
bool is_registration_key(std::string_view key);

KeptRegistration kept_of(const Context& context, const Registration& registration);
std::string encode(const KeptRegistration& record);
std::optional<KeptRegistration> decode_registration(std::string_view bytes);

}  // namespace sbc
