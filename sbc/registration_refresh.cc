#include "sbc/registration_refresh.hh"

#include <algorithm>

#include "policy/rules.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/doorkeeper.hh"
#include "sbc/stateless.hh"
#include "sip/digest.hh"

namespace sbc {
namespace {

using sip::HeaderName;

// That the binding must still have at the registrar, whose 200 may have come to us as late as a transaction lasts.
constexpr base::Duration kShortestRest = std::chrono::seconds(35);
constexpr base::Duration kNextTry = std::chrono::seconds(30);        // after an answer in the registrar's place

// One binding that a refresh names, and for how long it asks.
struct Refreshed {
    Registration* registration;
    std::uint32_t seconds;
};

bool proves_enough(std::uint64_t given, const Registration& registration, policy::RefreshProof proof) {
    if (given == registration.login_print) return true;
    return given == 0 && proof == policy::RefreshProof::flow;
}

// A later one of the same series; what was answered before is answered again.
bool is_next(const sip::Message& request, const Registration& registration) {
    const auto cseq = request.cseq();
    return request.call_id() == registration.near_call_id() && cseq > registration.cseq &&
           cseq >= registration.answered_cseq;
}

// The bindings that this request refreshes; empty where any of it is not as the registrar took it.
std::vector<Refreshed> refreshed_by(Context& context, const sip::Message& request, const base::Flow& flow) {
    const auto* rules = registration_rules(context, flow);
    if (!rules) return {};
    const auto aor = aor_of(request);
    const auto login = login_print_of(request);
    std::vector<Refreshed> all;
    for (const auto item : request.items(HeaderName::contact)) {
        const auto contact = sip::NameAddr::parse(item);   // "*" is none
        if (!contact) return {};
        auto* registration = context.registrations.find(aor, contact->uri.to_string(), instance_of(*contact));
        const auto asked = expires_of(*contact, request);
        if (!registration || asked == 0 || registration->flow != flow || !is_next(request, *registration)) return {};
        if (registration->contact_print != contact_print_of(*contact, request)) return {};
        if (!proves_enough(login, *registration, rules->proof)) return {};
        const auto& upstream = registration->upstream;
        if (!upstream.answered || upstream.expires < context.now + kShortestRest) return {};
        const auto left = static_cast<std::uint32_t>((upstream.expires - context.now) / std::chrono::seconds(1));
        const auto most = static_cast<std::uint32_t>(rules->client_expires / std::chrono::seconds(1));
        all.push_back({registration, std::min({asked, most, left})});
    }
    return all;
}

void extend(Context& context, const std::vector<Refreshed>& all, std::uint32_t cseq) {
    for (const auto& [registration, seconds] : all) {
        registration->granted = seconds;
        registration->expires = context.now + std::chrono::seconds(seconds);
        registration->answered_cseq = cseq;
        arm_expiry(context, *registration);
    }
    ++context.totals.registers_answered;
}

// What the registrar said, and every binding of the user here (10.3, 8).
void dress(const Context& context, sip::Message& response, const Registration& asked) {
    const auto said = asked.texts();
    for (std::string_view rest = *said.answer; !rest.empty();) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        response.add(line.substr(0, line.find(':')), line.substr(line.find(':') + 2));
    }
    for (const auto* binding : context.registrations.of_user(said.aor)) {
        const auto left = std::max<std::int64_t>(0, (binding->expires - context.now) / std::chrono::seconds(1));
        std::string contact = "<";
        contact.append(binding->contact()).append(">").append(binding->texts().parameters).append(";expires=");
        response.add(HeaderName::contact, contact + std::to_string(left));
    }
}

bool is_due(const Context& context, const std::vector<Refreshed>& all) {
    return std::ranges::any_of(all, [&](const Refreshed& one) { return one.registration->upstream.renew <= context.now; });
}

void say_ok(Context& context, const RelayedRequest& relayed, const Registration& registration) {
    auto response = context.transactions.respond_with(relayed.server, 200, relayed.local_tag);
    dress(context, response, registration);
    context.transactions.respond(relayed.server, response, context.now);
}

}  // namespace

std::uint64_t contact_print_of(const sip::NameAddr& contact, const sip::Message& request) {
    auto print = policy::hash_more(policy::kHashStart, contact.uri.to_string());
    for (const auto& [name, value] : contact.parameters)
        if (name != "expires") print = policy::hash_more(policy::hash_more(print, name), value);
    for (const auto id : {HeaderName::path, HeaderName::require})
        for (const auto value : request.items(id)) print = policy::hash_more(print, value);
    return print;
}

std::uint64_t login_print_of(const sip::Message& request) {
    for (const auto& header : request.headers()) {
        if (header.id != HeaderName::authorization && header.id != HeaderName::proxy_authorization) continue;
        if (const auto given = sip::parse_credentials(header.value))
            return policy::hash_more(policy::hash_more(policy::kHashStart, given->username), given->realm) | 1;
        return policy::hash_more(policy::kHashStart, header.value) | 1;   // not ours to read: the whole of it
    }
    return 0;
}

bool answer_refresh(Context& context, const sip::Message& request, const base::Flow& flow) {
    if (request.method() != sip::Method::register_ || check_request(context, request)) return false;
    if (!context.turns.empty() && is_under_way(context, aor_of(request), flow)) return false;   // may end what it refreshes
    const auto all = refreshed_by(context, request, flow);
    if (all.empty() || is_due(context, all)) return false;
    auto response = respond_statelessly(request, flow, 200);
    if (!response) return false;
    extend(context, all, request.cseq());
    dress(context, response->message, *all.front().registration);
    send(context, *response);
    return true;
}

bool answer_after_wait(Context& context, const RelayedRequest& relayed) {
    const auto all = refreshed_by(context, relayed.request, relayed.from.flow);
    if (all.empty() || is_due(context, all)) return false;
    extend(context, all, relayed.request.cseq());
    say_ok(context, relayed, *all.front().registration);
    return true;
}

bool answer_for_registrar(Context& context, const RelayedRequest& relayed) {
    const auto all = refreshed_by(context, relayed.request, relayed.from.flow);
    if (all.empty()) return false;
    extend(context, all, relayed.request.cseq());
    for (const auto& [registration, seconds] : all) {
        const auto chance = std::chrono::seconds(context.entropy.below(30));
        registration->upstream.renew = std::max(registration->upstream.renew, context.now + kNextTry + chance);
    }
    say_ok(context, relayed, *all.front().registration);
    return true;
}

void refuse_register(Context& context, const RelayedRequest& relayed, base::Reason why) {
    context.refused(why);
    if (why != base::Reason::peer_limit) return refuse(context, relayed.server, why, relayed.local_tag);
    if (answer_for_registrar(context, relayed)) return;
    const auto& limits = relayed.policy->peer(relayed.to.peer).limits;
    const auto seconds = static_cast<std::uint64_t>(limits.retry_after / std::chrono::seconds(1));
    auto response = context.transactions.respond_with(relayed.server, 503, relayed.local_tag);
    response.set(HeaderName::retry_after, std::to_string(seconds / 2 + context.entropy.below(seconds + 1)));
    context.transactions.respond(relayed.server, response, context.now);
}

}  // namespace sbc
