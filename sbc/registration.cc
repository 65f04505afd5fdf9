// Owns: RFC 3261, 10 seen from between phone and registrar. The registrar keeps the bindings; we keep who stands behind
// our Contacts, for as long as the registrar said.
#include "sbc/registration.hh"

#include <algorithm>

#include "base/log.hh"
#include "base/number.hh"
#include "sbc/context.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;

constexpr std::uint32_t kDefaultExpires = 3600;

std::uint32_t expires_of(const sip::NameAddr& contact, const sip::Message& message) {
    const auto own = contact.parameter("expires");
    const auto text = own ? *own : message.value(HeaderName::expires);
    return base::to_number<std::uint32_t>(text).value_or(kDefaultExpires);
}

std::string aor_of(const sip::Message& request) {
    auto to = sip::NameAddr::parse(request.value(HeaderName::to));
    if (!to) return {};
    to->uri.parameters.clear();
    to->uri.headers.clear();
    return to->uri.to_string();
}

std::string our_contact(const RelayedRequest& relayed, const std::string& token, const sip::NameAddr& theirs) {
    std::string contact = "<sip:" + token + "@" + relayed.to.sent_by;
    if (relayed.to.flow.transport != base::Transport::udp)
        contact.append(";transport=").append(base::uri_name_of(relayed.to.flow.transport));
    contact += '>';
    for (const char* kept : {"expires", "q"})
        if (const auto value = theirs.parameter(kept)) contact.append(";").append(kept).append("=").append(*value);
    return contact;
}

// The same for the same series (10.2.4), from the first REGISTER on: a registrar may bind its nonce to it. Nobody can read
// the phone's own out of it.
std::string far_call_id_of(const Context& context, const RelayedRequest& relayed) {
    const auto source = relayed.from.flow.remote.address.to_string();
    return "r" + base::sign(context.key, {"register", source, relayed.aor, relayed.near_call_id}).substr(0, 32);
}

void set_timer(Context& context, Registration& registration) {
    context.timers.cancel(registration.timer);
    registration.timer =
        context.timers.arm(registration.expires, {Alarm::Kind::registration, 0, 0, registration.token});
}

void put_binding(Context& context, const RelayedRequest& relayed, const PendingBinding& binding, std::uint32_t seconds) {
    auto* registration = context.registrations.find(binding.token);
    const bool fresh = !registration;
    if (fresh)
        registration = &context.registrations.put({binding.token, relayed.aor, binding.contact, relayed.near_call_id,
                                                   relayed.far_call_id, relayed.from.flow, context.now, {}, {}});
    registration->flow = relayed.from.flow;
    registration->near_call_id = relayed.near_call_id;
    registration->far_call_id = relayed.far_call_id;
    registration->registered = context.now;
    registration->expires = context.now + std::chrono::seconds(seconds);
    set_timer(context, *registration);
    context.touched_registrations.push_back(registration->token);
    if (fresh)
        base::log::info("registered", base::log::Fields("aor", relayed.aor)("contact", binding.contact)(
                                          "source", relayed.from.flow.remote.to_string()));
}

void drop(Context& context, std::string_view token, std::string_view why) {
    auto* registration = context.registrations.find(token);
    if (!registration) return;
    context.timers.cancel(registration->timer);
    context.touched_registrations.emplace_back(token);
    base::log::info("unregistered", base::log::Fields("aor", registration->aor)("why", why));
    context.registrations.remove(token);
}

}  // namespace

Registration* Registrations::find(std::string_view token) {
    const auto found = by_token_.find(token);
    return found == by_token_.end() ? nullptr : &found->second;
}

Registration* Registrations::find(std::string_view aor, std::string_view contact) {
    const auto [first, last] = tokens_by_aor_.equal_range(aor);
    for (auto it = first; it != last; ++it)
        if (auto* registration = find(it->second); registration && registration->contact == contact) return registration;
    return nullptr;
}

Registration& Registrations::put(Registration registration) {
    tokens_by_aor_.emplace(registration.aor, registration.token);
    const auto token = registration.token;
    return by_token_.insert_or_assign(token, std::move(registration)).first->second;
}

void Registrations::remove(std::string_view token) {
    const auto found = by_token_.find(token);
    if (found == by_token_.end()) return;
    const auto [first, last] = tokens_by_aor_.equal_range(found->second.aor);
    for (auto it = first; it != last; ++it)
        if (it->second == token) {
            tokens_by_aor_.erase(it);
            break;
        }
    by_token_.erase(found);
}

std::vector<std::string> Registrations::tokens_of(std::string_view aor) const {
    std::vector<std::string> tokens;
    const auto [first, last] = tokens_by_aor_.equal_range(aor);
    for (auto it = first; it != last; ++it) tokens.push_back(it->second);
    return tokens;
}

base::Result<std::vector<std::string>> contacts_for_registrar(Context& context, RelayedRequest& relayed) {
    const auto& request = relayed.request;
    relayed.aor = aor_of(request);
    if (relayed.aor.empty()) return base::Reason::bad_header;
    relayed.bindings.clear();
    relayed.near_call_id = request.call_id();
    std::vector<std::string> contacts;
    for (const auto item : request.items(HeaderName::contact)) {
        if (item == "*") {
            relayed.all_bindings = true;
            contacts.emplace_back("*");
            continue;
        }
        const auto contact = sip::NameAddr::parse(item);
        if (!contact) return base::Reason::bad_header;
        const auto uri = contact->uri.to_string();
        const auto* known = context.registrations.find(relayed.aor, uri);
        if (known && known->near_call_id == relayed.near_call_id) relayed.far_call_id = known->far_call_id;
        relayed.bindings.push_back({known ? known->token : context.token(), uri});
        contacts.push_back(our_contact(relayed, relayed.bindings.back().token, *contact));
    }
    if (relayed.far_call_id.empty()) relayed.far_call_id = far_call_id_of(context, relayed);
    return contacts;
}

std::vector<std::string> contacts_from_registrar(Context& context, RelayedRequest& relayed,
                                                 const sip::Message& response) {
    std::vector<std::string> contacts, alive;
    for (const auto item : response.items(HeaderName::contact)) {
        auto contact = sip::NameAddr::parse(item);
        if (!contact) continue;
        const auto seconds = expires_of(*contact, response);
        const auto pending = std::ranges::find(relayed.bindings, contact->uri.user, &PendingBinding::token);
        if (pending != relayed.bindings.end() && seconds > 0) {
            put_binding(context, relayed, *pending, seconds);
            alive.push_back(pending->token);
        }
        const auto* registration = context.registrations.find(contact->uri.user);
        if (!registration || registration->aor != relayed.aor) continue;   // another way to the user: not for this phone
        if (const auto uri = sip::Uri::parse(registration->contact)) contact->uri = *uri;
        contacts.push_back(contact->to_string());
    }
    // What the phone asked for and the registrar does not list has ended.
    for (const auto& binding : relayed.bindings)
        if (std::ranges::find(alive, binding.token) == alive.end()) drop(context, binding.token, "by_phone");
    if (relayed.all_bindings)
        for (const auto& token : context.registrations.tokens_of(relayed.aor)) drop(context, token, "by_phone");
    return contacts;
}

void registration_expired(Context& context, std::string_view token) { drop(context, token, "expired"); }

}  // namespace sbc
