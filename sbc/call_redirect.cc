// Owns: RFC 3261, 8.1.3.4 and 21.3 as a B2BUA keeps them. A redirection is an order of nobody: the routes are asked again
// with the new Request-URI and the caller's own identity.
#include "sbc/call_redirect.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_invite.hh"
#include "sbc/context.hh"
#include "sbc/topology.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using policy::Redirects;
using sip::HeaderName;

constexpr unsigned kMostRedirections = 5;   // one after another
constexpr std::size_t kMostPlaces = 16;     // that are tried in all

// The q parameter in thousandths (20.10); 1 where there is none.
unsigned preference_of(const sip::NameAddr& contact) {
    const auto q = contact.parameter("q");
    if (!q || q->empty() || q->front() != '0') return 1000;
    unsigned value = 0, unit = 100;
    for (std::size_t i = 2; i < std::min<std::size_t>(q->size(), 5); ++i, unit /= 10)
        if ((*q)[i] >= '0' && (*q)[i] <= '9') value += unit * static_cast<unsigned>((*q)[i] - '0');
    return value;
}

bool was_tried(const Setup& setup, const sip::Uri& uri) {
    return std::ranges::any_of(setup.tried, [&](const sip::Uri& before) { return sip::equivalent(before, uri); });
}

// The places that a 3xx names, the most wanted first.
std::vector<sip::Uri> places_of(const sip::Message& response) {
    std::vector<std::pair<unsigned, sip::Uri>> found;
    for (const auto item : response.items(HeaderName::contact)) {
        auto contact = sip::NameAddr::parse(item);
        if (!contact || !(contact->uri.is_sip() || contact->uri.scheme == "tel")) continue;
        contact->uri.headers.clear();            // what else the new request should hold is not for others to say
        contact->uri.remove_parameter("method");
        found.emplace_back(preference_of(*contact), std::move(contact->uri));
    }
    std::ranges::stable_sort(found, std::greater{}, &std::pair<unsigned, sip::Uri>::first);
    std::vector<sip::Uri> places;
    for (auto& [preference, uri] : found) places.push_back(std::move(uri));
    return places;
}

// The same users, to be asked for at our own door.
std::string at_our_door(std::string_view contacts, const Party& caller) {
    std::string result;
    for (const auto item : sip::split_list(contacts)) {
        auto contact = sip::NameAddr::parse(item);
        if (!contact || !contact->uri.is_sip()) continue;
        move_to_our_door(contact->uri, caller);
        if (!result.empty()) result += ", ";
        result += contact->to_string();
    }
    return result;
}

}  // namespace

bool note_redirection(Call& call, const sip::Message& response) {
    auto& setup = *call.setup;
    if (setup.closed || setup.redirections >= kMostRedirections) return false;
    if (call.party(Side::b).rules.redirects != Redirects::follow) return false;
    if (const auto uri = sip::Uri::parse(setup.request.request_uri())) setup.tried.push_back(*uri);
    ++setup.redirections;
    auto places = places_of(response);
    // Before those that an earlier redirection left: they belong to the place that was just asked.
    setup.places.insert(setup.places.begin(), places.begin(), places.end());
    skip_to_places(call);
    return true;
}

bool skip_to_places(Call& call) {
    auto& setup = *call.setup;
    setup.next_way = setup.ways.size();
    return !setup.places.empty();
}

bool next_redirection(Context& context, Call& call) {
    auto& setup = *call.setup;
    if (call.policy != context.policy) return false;   // the routes that it began with are no more
    while (!setup.places.empty() && setup.tried.size() < kMostPlaces) {
        const auto uri = std::move(setup.places.front());
        setup.places.erase(setup.places.begin());
        // Who asked for every hop to be secure is not led to less (8.1.3.4).
        if (was_tried(setup, uri) || (call.party(Side::a).sips && uri.scheme != "sips")) continue;
        setup.tried.push_back(uri);
        setup.request.set_request_uri(uri.to_string());
        if (!find_way(context, call.party(Side::a), setup)) continue;
        base::log::info("call_redirected", base::log::Fields("call", call.id)("to", uri.to_string())("route", setup.route.route));
        call.route = setup.route.route;
        return true;
    }
    return false;
}

bool relay_redirection(const Call& call, sip::Message& response) {
    const auto& caller = call.party(Side::a);
    const auto rule = call.party(Side::b).rules.redirects;
    const bool hidden = caller.topology && caller.topology->hides(policy::LeakPlace::contact);
    if (rule.value_or(hidden ? Redirects::refuse : Redirects::relay) != Redirects::relay) return false;
    if (!hidden) return true;
    for (std::size_t i = 0; i < response.headers().size(); ++i)
        if (response.headers()[i].id == HeaderName::contact)
            response.replace_value(i, at_our_door(response.headers()[i].value, caller));
    return true;
}

}  // namespace sbc
