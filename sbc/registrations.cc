#include "sbc/registrations.hh"

#include <utility>

namespace sbc {
namespace {

template <class Table, class Key>
void erase_token(Table& table, const Key& key, std::string_view token) {
    const auto [first, last] = table.equal_range(key);
    for (auto it = first; it != last; ++it)
        if (it->second == token) {
            table.erase(it);
            return;
        }
}

template <class Table, class Key>
std::vector<std::string> tokens_at(const Table& table, const Key& key) {
    std::vector<std::string> tokens;
    const auto [first, last] = table.equal_range(key);
    for (auto it = first; it != last; ++it) tokens.push_back(it->second);
    return tokens;
}

}  // namespace

Registration* Registrations::find(std::string_view token) {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : &found->second;
}

Registration* Registrations::find(std::string_view aor, std::string_view contact, std::string_view instance) {
    const auto [first, last] = tokens_by_aor_.equal_range(aor);
    for (auto it = first; it != last; ++it) {
        auto* registration = find(it->second);
        if (!registration || registration->instance != instance) continue;
        if (!instance.empty() || registration->contact == contact) return registration;
    }
    return nullptr;
}

Registration& Registrations::put(Registration registration) {
    tokens_by_aor_.emplace(registration.aor, registration.token);
    const auto flow = std::exchange(registration.flow, {});
    const auto token = registration.token;
    auto& kept = by_token_.insert_or_assign(token, std::move(registration)).first->second;
    move(kept, flow);
    return kept;
}

void Registrations::move(Registration& registration, const base::Flow& flow) {
    if (registration.flow.connection != flow.connection) {
        forget_connection(registration);
        if (flow.connection.value) tokens_by_connection_.emplace(flow.connection.value, registration.token);
    }
    registration.flow = flow;
}

void Registrations::forget_connection(const Registration& registration) {
    if (const auto connection = registration.flow.connection.value)
        erase_token(tokens_by_connection_, connection, registration.token);
}

void Registrations::remove(std::string_view token) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return;
    erase_token(tokens_by_aor_, found->second.aor, found->second.token);
    forget_connection(found->second);
    by_token_.erase(found);
}

std::vector<std::string> Registrations::tokens_of(std::string_view aor) const { return tokens_at(tokens_by_aor_, aor); }

std::vector<std::string> Registrations::tokens_behind(base::ConnectionId connection) const {
    return tokens_at(tokens_by_connection_, connection.value);
}

}  // namespace sbc
