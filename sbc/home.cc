#include "sbc/home.hh"

#include "sip/dialog_name.hh"
#include "sip/name_addr.hh"
#include "sip/transactions.hh"

namespace sbc {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The user part of a Request-URI, without parsing the rest.
std::string_view user_of(std::string_view uri) {
    const auto colon = uri.find(':');
    const auto at = uri.find('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return {};
    return uri.substr(colon + 1, at - colon - 1);
}

// The URI of To without parameters: the address of record of a REGISTER.
std::string_view record_of(const sip::Message& request) {
    auto uri = request.value(sip::HeaderName::to);
    if (const auto open = uri.find('<'); open != std::string_view::npos) uri.remove_prefix(open + 1);
    return uri.substr(0, uri.find_first_of(">;?"));
}

// A request that names a dialog is for the worker that has it.
std::optional<base::WorkerId> worker_of_named(const sip::Message& request) {
    for (const auto header : {sip::HeaderName::replaces, sip::HeaderName::join})
        if (const auto name = sip::DialogName::parse(request.value(header))) {
            const auto worker = worker_of_token(name->to_tag);
            return worker ? worker : worker_of_token(name->from_tag);
        }
    return std::nullopt;
}

}  // namespace

std::string make_token(base::WorkerId worker, base::Entropy& entropy, std::size_t random_characters) {
    std::string token = "s";
    token += kHex[worker.value >> 4];
    token += kHex[worker.value & 15];
    return token + entropy.token(random_characters);
}

std::optional<base::WorkerId> worker_of_token(std::string_view token) {
    if (token.size() < 12 || token[0] != 's') return std::nullopt;
    const auto high = kHex.find(token[1]), low = kHex.find(token[2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return base::WorkerId{static_cast<std::uint8_t>(high << 4 | low)};
}

base::WorkerId home_of(const sip::Message& message, unsigned workers) {
    if (workers <= 1) return {};
    std::optional<base::WorkerId> worker;
    if (!message.is_request()) {
        const auto via = message.value(sip::HeaderName::via);
        if (const auto at = via.find("branch="); at != std::string_view::npos)
            worker = sip::Transactions::worker_of_branch(via.substr(at + 7));
    } else {
        worker = worker_of_token(message.to_tag());
        if (!worker) worker = worker_of_token(user_of(message.request_uri()));
        if (!worker && message.method() == sip::Method::invite) worker = worker_of_named(message);
    }
    if (worker && worker->value < workers) return *worker;
    const bool registers = message.is_request() && message.method() == sip::Method::register_;
    const auto key = registers ? record_of(message) : message.call_id();
    return base::WorkerId{static_cast<std::uint8_t>(std::hash<std::string_view>{}(key) % workers)};
}

}  // namespace sbc
