#include "sbc/phones.hh"

#include <algorithm>
#include <utility>

#include "sbc/call_restore.hh"
#include "sbc/context.hh"
#include "sbc/home.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;

bool is_ours(const Context& context, const sip::Uri& uri) {
    const auto address = uri.host_address();
    return address && std::ranges::any_of(context.policy->listeners, [&](const policy::Listener& listener) {
               return listener.local.address == *address || listener.advertised.address == *address;
           });
}

// What the Request-URI may be as an address of record. Our own address, or a number, is of no domain: then the caller's
// own may be meant.
std::vector<std::string> aors_of(const Context& context, const sip::Message& request) {
    const auto uri = sip::Uri::parse(request.request_uri());
    if (!uri) return {};
    std::vector<std::string> aors;
    const bool number = uri->scheme == "tel";
    const auto user = number ? uri->host.substr(0, uri->host.find(';')) : uri->user;
    if (user.empty()) return {};
    if (uri->is_sip()) aors.push_back(address_of_record(uri->to_string()));
    const auto from = sip::NameAddr::parse(request.value(HeaderName::from));
    if (from && from->uri.is_sip() && (number || is_ours(context, *uri))) {
        auto same_domain = from->uri;
        same_domain.user = user;
        aors.push_back(address_of_record(same_domain.to_string()));
    }
    if (aors.size() == 2 && aors.front() == aors.back()) aors.pop_back();
    return aors;
}

const std::string* next_of(PhoneSearch& search, std::string& aor) {
    if (!search.found.empty()) {
        if (search.caller.empty()) return nullptr;
        aor = search.caller;
    } else {
        if (search.aors.empty()) return nullptr;
        aor = std::move(search.aors.front());
        search.aors.erase(search.aors.begin());
    }
    return &aor;
}

// Phones were asked for; then those of the caller.
void take(PhoneSearch& search, std::vector<Phone> phones) {
    std::erase_if(phones, [&](const Phone& phone) {
        return !search.registrars.empty() &&
               (!phone.survives || std::ranges::find(search.registrars, phone.registrar) == search.registrars.end());
    });
    if (search.found.empty()) {
        search.found = std::move(phones);
        std::ranges::stable_sort(search.found, std::greater{}, &Phone::registered);
        return;
    }
    search.caller.clear();
    const auto at_his_place = [&](const Phone& phone) { return phone.flow.remote.address == search.from; };
    if (std::ranges::none_of(phones, at_his_place)) {
        search.found.clear();
        search.aors.clear();
    }
}

}  // namespace

PhoneSearch search_for(const Context& context, const sip::Message& request, const Party& caller,
                       std::vector<std::string> registrars) {
    PhoneSearch search;
    search.aors = aors_of(context, request);
    search.registrars = std::move(registrars);
    // Who is no phone of ours, and whom nobody vouches for, would have to prove to the registrar who he is.
    if (!search.registrars.empty() && !caller.trusted && caller.peer == base::kNoPeer) {
        search.caller = address_of_record(sip::uri_within(request.value(HeaderName::from)));
        search.from = caller.flow.remote.address;
    }
    return search;
}

bool go_on(Context& context, PhoneSearch& search) {
    std::string aor;
    while (next_of(search, aor)) {
        const auto home = home_of_record(aor, context.workers);
        if (home != context.worker) {
            const auto number = ++context.last_question;
            context.effects.emplace_back(PhoneQuestion{number, home, aor});
            context.searches.emplace(number, std::move(search));
            return false;
        }
        take(search, phones_of(context, aor));
    }
    return true;
}

std::vector<Phone> phones_of(Context& context, const std::string& aor) {
    std::vector<Phone> phones;
    for (const auto& token : context.registrations.tokens_of(aor)) {
        const auto& registration = *context.registrations.find(token);
        const auto* rules = registration_rules(context, registration.flow);
        const auto& upstream = registration.upstream;
        phones.push_back({registration.contact, registration.path, registration.flow, upstream.peer,
                          rules && rules->survive && context.now < registration.registered + rules->survive->within,
                          registration.registered});
    }
    return phones;
}

std::vector<Way> ways_to(const Context& context, const std::vector<Phone>& phones) {
    std::vector<Way> ways;
    for (const auto& phone : phones) {
        const auto* door = listener_at(*context.policy, phone.flow.transport, phone.flow.local);
        if (!door) continue;
        auto flow = phone.flow;
        flow.listener = door->id;
        ways.push_back({context.party_towards(flow, nullptr), phone.contact, phone.path});
    }
    return ways;
}

std::unique_ptr<PhoneSearch> phones_answered(Context& context, std::uint64_t question, const PhonesPtr& phones) {
    auto asked = context.searches.extract(question);
    if (!asked) return nullptr;
    auto search = std::make_unique<PhoneSearch>(std::move(asked.mapped()));
    take(*search, *phones);
    return go_on(context, *search) ? std::move(search) : nullptr;
}

std::vector<std::string> survived(const Context& context, const std::vector<base::PeerId>& peers) {
    std::vector<std::string> names;
    for (const auto id : peers)
        if (const auto& peer = context.policy->peer(id); peer.outlived && !context.targets.draining.contains(peer.name))
            names.push_back(peer.name);
    return names;
}

}  // namespace sbc
