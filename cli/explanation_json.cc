// An explanation as JSON, for scripts.
#include <boost/json.hpp>

#include "cli/explanation.hh"

namespace cli {
namespace {

namespace json = boost::json;

json::array trace_as_json(const policy::Trace& trace) {
    json::array steps;
    for (const policy::Step& step : trace)
        steps.push_back({{"rule", step.what},
                         {"place", step.place.to_string()},
                         {"matched", step.matched},
                         {"why", step.why}});
    return steps;
}

json::array rules_as_json(const std::vector<SideRule>& rules) {
    json::array all;
    for (const SideRule& rule : rules) all.push_back({{"key", rule.key}, {"value", rule.value}, {"from", rule.from}});
    return all;
}

json::value topology_as_json(const TargetExplanation& target) {
    if (!target.topology) return nullptr;
    json::object places;
    for (int i = 0; i < policy::kLeakPlaces; ++i) {
        const auto place = static_cast<policy::LeakPlace>(i);
        const policy::Treatment& treatment = (*target.topology)[place];
        json::value& value = places[policy::name_of(place)];
        switch (treatment.kind) {
            case policy::Treatment::Kind::hide:
                value = "hide";
                break;
            case policy::Treatment::Kind::keep:
                value = "keep";
                break;
            case policy::Treatment::Kind::fixed:
                value = json::object{{"value", treatment.value}};
                break;
        }
    }
    return {{"name", target.topology->name}, {"from", target.topology_from}, {"places", std::move(places)}};
}

json::object target_as_json(const policy::Snapshot& snapshot, const TargetExplanation& target,
                            const Departure* departure) {
    const policy::Peer& peer = snapshot.peer(target.peer);
    json::object object{{"peer", peer.name}, {"uri", peer.uri}, {"zone", snapshot.zone(peer.zone).name},
                        {"located_by_dns", !peer.address}};
    object["topology"] = topology_as_json(target);
    object["headers"] = target.headers ? json::value{{"name", target.headers->name},
                                                     {"from", target.headers_from},
                                                     {"refused", target.headers_refused}}
                                       : json::value(nullptr);
    object["rules"] = rules_as_json(target.rules);
    object["message"] = departure ? json::value(departure->message) : json::value(nullptr);
    return object;
}

}  // namespace

json::value explanation_as_json(const policy::Snapshot& snapshot, const Explanation& explanation) {
    const bool known = explanation.peer != base::kNoPeer;
    json::object object{
        {"zone", snapshot.zone(explanation.question.zone).name},
        {"source", explanation.question.source.to_string()},
        {"transport", base::name_of(explanation.question.transport)},
        {"peer", known ? json::value(snapshot.peer(explanation.peer).name) : json::value(nullptr)},
        {"sender_rules", rules_as_json(explanation.sender)},
        {"access", trace_as_json(explanation.access)},
        {"routes", trace_as_json(explanation.routes)}};
    object["accepted"] = explanation.accepted();
    if (explanation.status()) object["status"] = explanation.status();
    const auto& decision = explanation.decision;
    if (!explanation.accepted()) {
        object["refused_by"] = explanation.refused_by;
        if (explanation.refused) object["reason"] = base::name_of(*explanation.refused);
        else if (!decision->accepted) object["reason"] = base::name_of(decision->reason);
    }
    json::array sent;
    for (const Departure& departure : explanation.rehearsal.sent)
        sent.push_back({{"to", departure.flow.remote.to_string()},
                        {"transport", base::name_of(departure.flow.transport)},
                        {"message", departure.message}});
    object["sent"] = std::move(sent);
    const auto& answer = explanation.rehearsal.answer;
    object["answer"] = answer ? json::value(answer->serialize()) : json::value(nullptr);
    if (decision)
        object["route"] = decision->route.empty() ? json::value(nullptr) : json::value(decision->route);
    if (decision && decision->fork != policy::Forking::none)
        object["fork"] = decision->fork == policy::Forking::serial ? "serial" : "parallel";
    if (decision && decision->registered) object["registered"] = true;
    if (decision && decision->fork == policy::Forking::serial)
        object["ring_s"] = std::chrono::duration_cast<std::chrono::seconds>(decision->ring).count();
    json::array targets;
    for (const TargetExplanation& target : explanation.targets)
        targets.push_back(target_as_json(snapshot, target, explanation.departure(snapshot, target.peer)));
    object["targets"] = std::move(targets);
    return object;
}

}  // namespace cli
