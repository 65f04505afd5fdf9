// Owns: RFC 3261, 10 seen from between phone and registrar. The registrar keeps the bindings; we keep who stands behind
// our Contacts, for as long as the registrar said.
#include "sbc/registration.hh"

#include <algorithm>
#include <array>

#include "base/log.hh"
#include "base/number.hh"
#include "sbc/call_restore.hh"
#include "sbc/context.hh"
#include "sbc/registration_loss.hh"
#include "sbc/registration_refresh.hh"
#include "sbc/topology.hh"
#include "sip/option_tags.hh"

namespace sbc {
namespace {

using base::Reason;
using sip::HeaderName;

constexpr std::uint32_t kDefaultExpires = 3600;
// A refresh may be late where the registrar would still wait.
constexpr base::Duration kGrace = std::chrono::seconds(10);
constexpr std::size_t kLongestAnswer = 2048;                  // of what is said again

std::uint32_t seconds_in(base::Duration time) {
    return time < base::Duration{0} ? 0 : static_cast<std::uint32_t>(time / std::chrono::seconds(1));
}

// The instance is passed on for GRUU (RFC 5627, 5.1). reg-id is not: flows to the phone are ours (RFC 5626, 6).
std::string our_contact(const RelayedRequest& relayed, const PendingBinding& binding, const sip::NameAddr& theirs,
                        const policy::RegistrationRules* rules) {
    std::string contact = "<" + our_contact_uri(relayed.to, binding.token) + ">";
    const bool hidden = relayed.to.topology && relayed.to.topology->hides(policy::LeakPlace::contact);
    for (const char* kept : {"q", "+sip.instance"})
        if (const auto value = theirs.parameter(kept); value && !(hidden && kept[0] == '+'))
            contact.append(";").append(kept).append("=").append(*value);
    auto seconds = binding.asked;
    if (rules && seconds) seconds = std::max(seconds, seconds_in(rules->registrar_expires));
    if (rules || theirs.parameter("expires")) contact += ";expires=" + std::to_string(seconds);
    return contact;
}

// The same for the same series (10.2.4), from the first REGISTER on: a registrar may bind its nonce to it. Nobody can
// read the phone's own out of it.
std::string far_call_id_of(const Context& context, const RelayedRequest& relayed) {
    const auto source = relayed.from.flow.remote.address.to_string();
    return "r" + base::sign(context.key, {"register", source, relayed.aor, relayed.near_call_id}).substr(0, 32);
}

// When the next refresh goes through: somewhere in the later half of the registrar's time, so that those who came
// together do not come together again, and in good time before its end.
base::Time renewal(Context& context, base::Duration life, base::Duration granted) {
    const auto chance = static_cast<std::int64_t>(context.entropy.below(401));
    const auto wait = std::min(life / 2 + life * chance / 1000, life - 2 * granted);
    return context.now + std::max(wait, base::Duration{0});
}

std::string parameters_of(const sip::NameAddr& contact) {
    std::string parameters;
    for (const auto& [name, value] : contact.parameters)
        if (name != "expires") parameters.append(";").append(name).append(value.empty() ? "" : "=").append(value);
    return parameters;
}

BindingTexts texts_of(const RelayedRequest& relayed, const PendingBinding& binding, std::string_view parameters) {
    BindingTexts said{binding.token,        relayed.aor,         binding.contact, binding.instance,
                      relayed.near_call_id, relayed.far_call_id, {},              parameters, std::nullopt, {}};
    if (relayed.to.peer != base::kNoPeer) said.peer = relayed.policy->peer(relayed.to.peer).name;
    for (const auto item : relayed.request.items(HeaderName::path)) said.path.push_back(item);
    return said;
}

// False: others of the same user have come before, and there is no place for it.
bool put_binding(Context& context, const RelayedRequest& relayed, const PendingBinding& binding,
                 const sip::NameAddr& contact, std::uint32_t seconds) {
    auto* registration = context.registrations.find(binding.token);
    const auto* rules = registration_rules(context, relayed.from.flow);
    const bool fresh = !registration;
    if (fresh) replace_binding(context, relayed.aor, binding.contact, binding.instance);
    if (fresh && rules && context.registrations.tokens_of(relayed.aor).size() >= rules->contacts) return false;
    const auto parameters = parameters_of(contact);
    const auto said = texts_of(relayed, binding, parameters);
    if (fresh) registration = &context.registrations.put(said, relayed.from.flow);
    else registration->write(said), context.registrations.move(*registration, relayed.from.flow);
    registration->registered = context.now;
    registration->granted = rules ? std::min({seconds, binding.asked, seconds_in(rules->client_expires)}) : seconds;
    registration->expires = context.now + std::chrono::seconds(registration->granted);
    registration->cseq = relayed.request.cseq();
    registration->answered_cseq = 0;
    registration->contact_print = binding.print;
    registration->login_print = login_print_of(relayed.request);
    auto& upstream = registration->upstream;
    upstream.expires = context.now + std::chrono::seconds(seconds);
    upstream.renew = context.now;   // until there is an answer to say again
    upstream.cseq = relayed.far_cseq;
    arm_expiry(context, *registration);
    context.touched_registrations.push_back(binding.token);
    if (fresh)
        base::log::info("registered", base::log::Fields("aor", relayed.aor)("contact", binding.contact)(
                                          "source", relayed.from.flow.remote.to_string()));
    return true;
}

// What the registrar says of its own: names of the inside in it become ours (RFC 5627, 4.2: it is used as a Contact,
// and comes back to us as a Request-URI).
void map_gruus(sip::NameAddr& contact, const Party& phone) {
    if (!phone.topology || !phone.topology->hides(policy::LeakPlace::contact)) return;
    for (const char* name : {"pub-gruu", "temp-gruu"}) {
        const auto value = contact.parameter(name);
        if (!value) continue;
        auto uri = value->size() > 1 && value->front() == '"' ? sip::Uri::parse(value->substr(1, value->size() - 2))
                                                               : std::nullopt;
        if (!uri) {
            contact.remove_parameter(name);
            continue;
        }
        uri->host = phone.ours.address.to_string();
        uri->port = phone.ours.port == base::default_port(phone.flow.transport) ? std::uint16_t{0} : phone.ours.port;
        contact.set_parameter(name, '"' + uri->to_string() + '"');
    }
}

// "*" stands alone, and only to end everything (10.2.2).
bool is_wrong_star(const sip::Message& request, std::size_t contacts) {
    return contacts != 1 || base::to_number<std::uint32_t>(request.value(HeaderName::expires)) != 0u;
}

// What he would have is more than one user may: bindings that are there already count once.
bool is_beyond_limit(const Context& context, const RelayedRequest& relayed) {
    const auto* rules = registration_rules(context, relayed.from.flow);
    if (!rules) return false;
    const auto tokens = context.registrations.tokens_of(relayed.aor);
    const auto fresh = std::ranges::count_if(relayed.bindings, [&](const PendingBinding& binding) {
        return binding.asked && std::ranges::find(tokens, binding.token) == tokens.end();
    });
    return fresh > 0 && tokens.size() + static_cast<std::size_t>(fresh) > rules->contacts;
}

void set_end(Context& context, Registration& registration, base::Time end) {
    context.timers.cancel(registration.timer);
    const auto last = std::max(registration.expires, registration.upstream.expires);
    registration.timer =
        context.timers.arm(std::min(end, last), {Alarm::Kind::registration, registration.number, 0});
}

// The phone has come in time: its binding waits for what the registrar says, or for our giving up (timer F).
void hold(Context& context, Registration& registration) {
    const auto given_up = context.now + 64 * context.policy->timers.transaction.t1 + std::chrono::seconds(1);
    set_end(context, registration, std::max(registration.expires + kGrace, given_up));
}

// Of our REGISTER: above all that went before in its series, whether the phone knows of it or not.
void count_up(RelayedRequest& relayed, const Registration& known) {
    if (known.texts().far_call_id != relayed.far_call_id) return;
    relayed.far_cseq = std::max(relayed.far_cseq, known.upstream.cseq + 1);
}

}  // namespace

const policy::RegistrationRules* registration_rules(const Context& context, const base::Flow& flow) {
    // By the door itself: a reload numbers them anew.
    const auto* door = listener_at(*context.policy, flow.transport, flow.local);
    if (!door) return nullptr;
    const auto& rules = context.policy->zone(door->zone).registrations;
    return rules ? &*rules : nullptr;
}

std::string aor_of(const sip::Message& request) {
    auto to = sip::NameAddr::parse(request.value(HeaderName::to));
    if (!to) return {};
    to->uri.parameters.clear();
    to->uri.headers.clear();
    return to->uri.to_string();
}

std::uint32_t expires_of(const sip::NameAddr& contact, const sip::Message& message) {
    const auto own = contact.parameter("expires");
    const auto text = own ? *own : message.value(HeaderName::expires);
    return base::to_number<std::uint32_t>(text).value_or(kDefaultExpires);
}

std::string instance_of(const sip::NameAddr& contact) {
    const auto instance = contact.parameter("+sip.instance"), reg_id = contact.parameter("reg-id");
    return instance && reg_id ? std::string(*instance).append(";").append(*reg_id) : std::string();
}

bool names_flows(const RelayedRequest& relayed) {
    return relayed.request.items(HeaderName::via).size() == 1 &&
           sip::has_option(relayed.request, HeaderName::supported, "outbound") &&
           std::ranges::any_of(relayed.bindings, [](const auto& binding) { return !binding.instance.empty(); });
}

std::vector<std::string> path_towards(Context& context, std::string_view request_uri) {
    const auto uri = sip::Uri::parse(request_uri);
    const auto* registration = uri ? context.registrations.find(uri->user) : nullptr;
    if (!registration) return {};
    const auto path = registration->texts().path;
    return {path.begin(), path.end()};
}

std::string our_contact_uri(const Party& party, std::string_view token) {
    std::string uri = "sip:" + std::string(token) + "@" + party.sent_by;
    if (party.flow.transport != base::Transport::udp)
        uri.append(";transport=").append(base::uri_name_of(party.flow.transport));
    return uri;
}

base::Result<std::vector<std::string>> contacts_for_registrar(Context& context, RelayedRequest& relayed) {
    const auto& request = relayed.request;
    if (relayed.aor.empty()) return Reason::bad_header;
    relayed.bindings.clear();
    relayed.near_call_id = request.call_id();
    relayed.far_call_id = far_call_id_of(context, relayed);
    relayed.far_cseq = request.cseq();
    const auto* rules = registration_rules(context, relayed.from.flow);
    const auto items = request.items(HeaderName::contact);
    std::vector<std::string> contacts;
    for (const auto item : items) {
        if (item == "*") {
            if (is_wrong_star(request, items.size())) return Reason::bad_header;
            relayed.all_bindings = true;
            for (const auto* known : context.registrations.of_user(relayed.aor)) count_up(relayed, *known);
            contacts.emplace_back("*");
            continue;
        }
        const auto contact = sip::NameAddr::parse(item);
        if (!contact) return Reason::bad_header;
        const auto uri = contact->uri.to_string();
        const auto instance = instance_of(*contact);
        const auto same = [&](const PendingBinding& said) { return said.contact == uri && said.instance == instance; };
        if (std::ranges::any_of(relayed.bindings, same)) continue;   // it was said already
        auto* known = context.registrations.find(relayed.aor, uri, instance);
        if (known && known->near_call_id() == relayed.near_call_id) {
            if (request.cseq() < std::max(known->cseq, known->answered_cseq)) return Reason::out_of_order;   // 10.3, 7
            relayed.far_call_id = known->texts().far_call_id;
            count_up(relayed, *known);
            if (known->flow == relayed.from.flow) hold(context, *known);
        }
        relayed.bindings.push_back({known ? std::string(known->token()) : context.token(), uri, instance,
                                    expires_of(*contact, request), contact_print_of(*contact, request)});
        contacts.push_back(our_contact(relayed, relayed.bindings.back(), *contact, rules));
    }
    if (is_beyond_limit(context, relayed)) return Reason::registration_limit;
    return contacts;
}

std::vector<std::string> contacts_from_registrar(Context& context, RelayedRequest& relayed,
                                                 const sip::Message& response) {
    std::vector<std::string> contacts, alive;
    for (const auto item : response.items(HeaderName::contact)) {
        auto contact = sip::NameAddr::parse(item);
        if (!contact) continue;
        map_gruus(*contact, relayed.from);
        const auto seconds = expires_of(*contact, response);
        const auto pending = std::ranges::find(relayed.bindings, contact->uri.user, &PendingBinding::token);
        if (pending != relayed.bindings.end() && seconds > 0 && put_binding(context, relayed, *pending, *contact, seconds))
            alive.push_back(pending->token);
        const auto* registration = context.registrations.find(contact->uri.user);
        // Another way to the user is not for this phone.
        if (!registration || registration->aor() != relayed.aor) continue;
        if (const auto uri = sip::Uri::parse(registration->contact())) contact->uri = *uri;
        if (registration_rules(context, registration->flow)) {
            contact->remove_parameter("expires");   // it stands last, as in the answers to refreshes
            contact->set_parameter("expires", std::to_string(seconds_in(registration->expires - context.now)));
        }
        contacts.push_back(contact->to_string());
    }
    // What the phone asked for and the registrar does not list has ended.
    for (const auto& binding : relayed.bindings)
        if (std::ranges::find(alive, binding.token) == alive.end()) forget(context, binding.token, "by_phone");
    if (relayed.all_bindings)
        for (const auto& token : context.registrations.tokens_of(relayed.aor)) forget(context, token, "by_phone");
    return contacts;
}

void remember_answer(Context& context, const RelayedRequest& relayed, const sip::Message& response) {
    constexpr std::array kNotSaidAgain{
        HeaderName::via, HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq, HeaderName::contact,
        HeaderName::date, HeaderName::expires, HeaderName::content_length, HeaderName::authentication_info,
        HeaderName::timestamp};
    if (!registration_rules(context, relayed.from.flow) || !response.body().empty()) return;
    std::string lines;
    for (const auto& header : response.headers())
        if (std::ranges::find(kNotSaidAgain, header.id) == kNotSaidAgain.end())
            lines.append(header.name).append(": ").append(header.value).append("\r\n");
    if (lines.size() > kLongestAnswer) return;
    for (const auto& binding : relayed.bindings) {
        auto* registration = context.registrations.find(binding.token);
        if (!registration) continue;
        auto said = registration->texts();
        said.answer = lines;
        registration->write(said);
        auto& upstream = registration->upstream;
        upstream.renew = renewal(context, upstream.expires - context.now, std::chrono::seconds(registration->granted));
    }
}

void registrar_refused(Context& context, const RelayedRequest& relayed, int status) {
    if (status != 403 && status != 404 && status != 410 && status / 100 != 6) return;
    for (const auto& binding : relayed.bindings) {
        const auto* registration = context.registrations.find(binding.token);
        // A stranger's refusal is his own.
        if (registration && registration->flow == relayed.from.flow &&
            registration->near_call_id() == relayed.near_call_id)
            forget(context, binding.token, "by_registrar");
    }
}

void arm_expiry(Context& context, Registration& registration) {
    set_end(context, registration, registration.expires + kGrace);
}

void renumber_registrations(Context& context) {
    std::vector<std::string> tokens;
    for (const auto& [number, registration] : context.registrations.all()) tokens.emplace_back(registration.token());
    for (const auto& token : tokens) {
        auto& registration = *context.registrations.find(token);
        const auto* door = listener_at(*context.policy, registration.flow.transport, registration.flow.local);
        if (!door) {
            forget(context, token, "listener_gone");
            continue;
        }
        auto flow = registration.flow;
        flow.listener = door->id;
        context.registrations.move(registration, flow);
    }
}

void forget(Context& context, std::string_view token, std::string_view why) {
    auto* registration = context.registrations.find(token);
    if (!registration) return;
    context.timers.cancel(registration->timer);
    context.touched_registrations.emplace_back(token);
    base::log::info("unregistered", base::log::Fields("aor", registration->aor())("why", why));
    context.registrations.remove(token);
}

}  // namespace sbc
