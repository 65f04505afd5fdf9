// A registration as a record of the journal (call_journal.hh is its neighbour for calls). It says what stands at the
// registrar, and how often the phone comes. Refreshes that are answered here change neither, and write nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hh"
#include "base/time.hh"
#include "sbc/registration.hh"

namespace sbc {

// What stands at the registrar, and what it said.
struct Upstream {
    std::string peer;
    std::optional<std::string> answer;
    std::string parameters;
    base::Time expires, renew;
    std::uint32_t cseq = 0;
    friend bool operator==(const Upstream&, const Upstream&) = default;
};

struct KeptRegistration {
    std::string token, aor, contact, instance, near_call_id, far_call_id;
    std::vector<std::string> path;
    base::Transport transport = base::Transport::udp;
    base::Endpoint local, remote;                     // of its flow
    base::Time registered, expires;                   // by the wall clock, as all times here
    std::uint32_t granted = 0, cseq = 0;
    std::uint64_t contact_print = 0, login_print = 0;
    Upstream upstream;
};

std::string key_of(std::string_view token);
bool is_registration_key(std::string_view key);

KeptRegistration kept_of(const Context& context, const Registration& registration);
std::string encode(const KeptRegistration& record);
std::optional<KeptRegistration> decode_registration(std::string_view bytes);

}  // namespace sbc
