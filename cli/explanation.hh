// What a policy does with one message, as a value; and as text and JSON.
#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "policy/admission.hh"
#include "policy/routing.hh"

namespace cli {

struct Question {
    base::ZoneId zone;
    base::Endpoint source;
    base::Transport transport = base::Transport::udp;
    bool registered = false;
};

// One target, and what the message towards it goes through.
struct TargetExplanation {
    base::PeerId peer;
    const policy::Topology* topology = nullptr;
    std::string topology_from;  // "route", "peer", "zone"; empty: none
    const policy::HeaderRules* headers = nullptr;
    std::string headers_from;
    int headers_refused = 0;  // rules that could not be applied
    std::string message;      // after the header rules
};

struct Explanation {
    Question question;
    std::optional<base::Reason> refused;  // by the guard, the parser or admission
    std::string refused_by;               // "guard", "parser", "access rules"
    base::PeerId peer = base::kNoPeer;    // whom the source belongs to
    policy::Trace access, routes;
    std::optional<policy::RouteDecision> decision;
    std::vector<TargetExplanation> targets;
};

Explanation explain(const policy::SnapshotPtr& snapshot, const Question& question, const std::string& text);

void print_explanation(std::ostream& out, const policy::Snapshot& snapshot, const Explanation& explanation);
boost::json::value explanation_as_json(const policy::Snapshot& snapshot, const Explanation& explanation);

}  // namespace cli
