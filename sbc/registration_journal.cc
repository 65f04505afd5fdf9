#include "sbc/registration_journal.hh"

#include "sbc/context.hh"
#include "sbc/record_bytes.hh"

namespace sbc {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr char kKind = 'r';

}  // namespace

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptRegistration>
void fields(Codec& codec, Record& registration) {
    codec(registration.token, registration.aor, registration.contact, registration.instance, registration.near_call_id,
          registration.far_call_id, registration.path);
    codec.enumerated(registration.transport, base::Transport::wss);
    codec(registration.local, registration.remote, registration.registered, registration.expires, registration.granted,
          registration.cseq, registration.contact_print, registration.login_print);
    auto& upstream = registration.upstream;
    codec(upstream.peer, upstream.answer, upstream.parameters, upstream.expires, upstream.renew, upstream.cseq);
}

std::string key_of(std::string_view token) { return std::string(1, kKind).append(token); }

bool is_registration_key(std::string_view key) { return key.starts_with(kKind); }

KeptRegistration kept_of(const Context& context, const Registration& registration) {
    const auto& flow = registration.flow;
    const auto& upstream = registration.upstream;
    const auto said = registration.texts();
    return {std::string(said.token), std::string(said.aor), std::string(said.contact), std::string(said.instance),
            std::string(said.near_call_id), std::string(said.far_call_id), {said.path.begin(), said.path.end()},
            flow.transport, flow.local, flow.remote,
            registration.registered + context.wall, registration.expires + context.wall,
            registration.granted, registration.cseq, registration.contact_print, registration.login_print,
            {std::string(said.peer), said.answer ? std::optional<std::string>(*said.answer) : std::nullopt,
             std::string(said.parameters), upstream.expires + context.wall, upstream.renew + context.wall, upstream.cseq}};
}

std::string encode(const KeptRegistration& record) { return to_bytes(kVersion, record); }

std::optional<KeptRegistration> decode_registration(std::string_view bytes) {
    return from_bytes<KeptRegistration>(kVersion, bytes);
}

}  // namespace sbc
