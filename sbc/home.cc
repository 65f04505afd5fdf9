#include "sbc/home.hh"

#include "base/text.hh"
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

// The address of record in To of a REGISTER, and in From of all else.
std::string record_within(std::string_view uri) {
    if (const auto open = uri.find('<'); open != std::string_view::npos) uri.remove_prefix(open + 1);
    return address_of_record(uri);
}

base::WorkerId worker_by_hash(std::string_view key, unsigned workers) {
    return base::WorkerId{static_cast<std::uint8_t>(std::hash<std::string_view>{}(key) % workers)};
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

base::WorkerId home_of(const sip::Message& message, unsigned workers, bool by_user) {
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
        if (!worker) worker = worker_of_token(user_of(message.value(sip::HeaderName::route)));   // our Service-Route
    }
    if (worker && worker->value < workers) return *worker;
    const bool registers = message.is_request() && message.method() == sip::Method::register_;
    if (registers) return home_of_record(record_within(message.value(sip::HeaderName::to)), workers);
    if (by_user && message.is_request()) {
        const auto record = record_within(message.value(sip::HeaderName::from));
        if (!record.ends_with("@anonymous.invalid")) return home_of_record(record, workers);   // nobody registers as that
    }
    return worker_by_hash(message.call_id(), workers);
}

std::string address_of_record(std::string_view uri) {
    uri = uri.substr(uri.find(':') + 1);
    const auto at = uri.find('@');
    const auto user = at == std::string_view::npos ? std::string_view{} : uri.substr(0, at + 1);
    auto host = uri.substr(user.size());
    host = host.substr(0, host.find_first_of(">;? \t"));
    const auto bracket = host.find(']');
    host = host.substr(0, host.find(':', bracket == std::string_view::npos ? 0 : bracket));
    std::string record = "sip:";
    record += user;
    for (const char c : host) record += base::lower(c);
    return record;
}

base::WorkerId home_of_record(std::string_view address_of_record, unsigned workers) {
    return workers <= 1 ? base::WorkerId{} : worker_by_hash(address_of_record, workers);
}

}  // namespace sbc
