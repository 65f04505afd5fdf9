#include "policy/authentication.hh"

#include <algorithm>

#include "policy/rules.hh"

namespace policy {

const std::string* Users::secret(std::string_view user, base::HashName hash) const {
    const auto found = secrets_.find(user);
    if (found == secrets_.end()) return nullptr;
    const auto& secret = found->second[static_cast<std::size_t>(hash)];
    return secret.empty() ? nullptr : &secret;
}

bool Users::put(std::string_view user, base::HashName hash, std::string secret) {
    auto& place = secrets_[std::string(user)][static_cast<std::size_t>(hash)];
    if (!place.empty()) return false;
    place = std::move(secret);
    return true;
}

bool Authentication::asks(std::string_view method) const { return std::ranges::find(methods, method) != methods.end(); }

const Authentication* authentication_of(const Snapshot& snapshot, const Facts& facts) {
    const Authentication* asks = facts.peer == base::kNoPeer ? snapshot.zone(facts.zone).auth.get() : nullptr;
    if (snapshot.rules && snapshot.rules->auth_is_said) {
        const auto& access = snapshot.rules->access;
        const auto rule = std::ranges::find_if(access, [&](const AccessRule& r) { return r.decides(facts); });
        if (rule != access.end() && rule->auth_is_said) asks = rule->auth.get();
    }
    return asks;
}

}  // namespace policy
