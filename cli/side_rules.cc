// Owns: the words for the policy's call rules (policy/call_rules.hh), and which of them concern a method at a side.
#include "cli/side_rules.hh"

#include <algorithm>
#include <chrono>

#include "policy/routing.hh"
#include "sdp/session.hh"
#include "sip/message.hh"

namespace cli {
namespace {

using policy::CallRules;
using sip::Method;

enum class Who { sender, target };

std::string seconds(base::Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

std::string value_of(policy::Reliable rule) {
    switch (rule) {
        case policy::Reliable::pass: return "pass: as both sides agree";
        case policy::Reliable::require: return "require: provisional responses are reliable at this side";
        case policy::Reliable::off: return "off: nobody at this side hears of 100rel";
    }
    return {};
}

std::string value_of(const policy::SessionRules& rules) {
    if (rules.mode == policy::SessionMode::pass) return "pass: the ends agree, and we watch";
    if (rules.mode == policy::SessionMode::off) return "off: nobody at this side hears of timers";
    const char* by = rules.refresh == policy::Refresh::update ? "UPDATE"
                     : rules.refresh == policy::Refresh::invite ? "re-INVITE" : "UPDATE where it is allowed, else re-INVITE";
    return "local: agreed with us, " + seconds(rules.expires) + ", at least " + seconds(rules.minimum) + ", refreshed by " + by;
}

std::string value_of(policy::Redirects rule) {
    switch (rule) {
        case policy::Redirects::relay: return "relay: the caller hears a 3xx";
        case policy::Redirects::follow: return "follow: a 3xx is followed by the routes";
        case policy::Redirects::refuse: return "refuse: a 3xx becomes 480";
    }
    return {};
}

std::string value_of(policy::Transfer rule) {
    switch (rule) {
        case policy::Transfer::relay: return "relay: the other end hears a REFER of this side";
        case policy::Transfer::carry_out: return "carry-out: a REFER of this side is carried out here";
        case policy::Transfer::refuse: return "refuse: a REFER of this side hears 603";
    }
    return {};
}

std::string value_of(policy::LargeRequests rule) {
    return rule == policy::LargeRequests::tcp ? "tcp: what is too large for a datagram goes by TCP"
                                              : "udp: as a datagram, however large";
}

std::string value_of(std::uint16_t mtu) { return std::to_string(mtu) + " bytes"; }

// The formats of our own offer.
std::string value_of(const std::string& own_offer) {
    if (own_offer.empty()) return "relay: an INVITE without an offer crosses as it came";
    std::string codecs;
    const auto session = sdp::Session::parse(own_offer, {});
    for (const auto& [type, value] : session ? session->lines() : std::vector<sdp::Line>{}) {
        if (type != 'a' || !value.starts_with("rtpmap:")) continue;
        codecs.append(codecs.empty() ? "" : ", ").append(value.substr(value.find(' ') + 1));
    }
    return "early: an INVITE without an offer gets ours, " + codecs;
}

struct Sources {
    const CallRules* route;
    const CallRules* peer;
    const CallRules* zone;
};

// The nearest that says anything.
void tell(std::vector<SideRule>& rules, std::string_view key, const Sources& sources, const auto& member) {
    const std::pair<const CallRules*, const char*> all[] = {{sources.route, "route"}, {sources.peer, "peer"}, {sources.zone, "zone"}};
    for (const auto& [source, name] : all) {
        if (!source || !(source->*member)) continue;
        rules.push_back({std::string(key), value_of(*(source->*member)), name});
        return;
    }
}

std::vector<SideRule> call_rules(const Sources& sources, Who who, Method method) {
    std::vector<SideRule> rules;
    if (method == Method::invite) {
        tell(rules, "reliable", sources, &CallRules::reliable);
        tell(rules, "session", sources, &CallRules::session);
        if (who == Who::target) tell(rules, "redirects", sources, &CallRules::redirects);
        tell(rules, "transfer", sources, &CallRules::transfer);
        tell(rules, "offer", sources, &CallRules::own_offer);
    }
    tell(rules, "large_requests", sources, &CallRules::large_requests);
    tell(rules, "mtu", sources, &CallRules::mtu);
    return rules;
}

}  // namespace

std::vector<SideRule> rules_of_sender(const policy::Snapshot& snapshot, const policy::Facts& facts) {
    const auto& zone = snapshot.zone(facts.zone);
    const auto* peer = facts.peer == base::kNoPeer ? nullptr : &snapshot.peer(facts.peer).call_rules;
    auto rules = call_rules({nullptr, peer, &zone.call_rules}, Who::sender, facts.request->method());
    if (const auto* asks = policy::authentication_of(snapshot, facts); asks && asks->asks(facts.request->method_text())) {
        std::string value = "a password of realm \"" + asks->realm + "\", ";
        for (const auto hash : asks->algorithms)
            value.append(hash == asks->algorithms.front() ? "" : " or ").append(base::name_of(hash));
        if (asks->integrity) value += ", with the body (auth-int)";
        if (asks->match_user) value += "; From names its user";
        rules.push_back({"auth", std::move(value), asks == zone.auth.get() ? "zone" : "access rule"});
    }
    return rules;
}

std::vector<SideRule> rules_of_target(const policy::Snapshot& snapshot, const policy::RouteDecision& decision,
                                      base::PeerId target, const policy::Facts& facts) {
    const auto& peer = snapshot.peer(target);
    auto rules = call_rules({&decision.call_rules, &peer.call_rules, &snapshot.zone(peer.zone).call_rules}, Who::target,
                            facts.request->method());
    if (peer.login) {
        std::string value = "its challenge is answered as user \"" + peer.login->user + '"';
        value += peer.login->realm.empty() ? std::string(" for whichever realm") : " for realm \"" + peer.login->realm + '"';
        rules.push_back({"auth", std::move(value), "peer"});
    }
    return rules;
}

}  // namespace cli
