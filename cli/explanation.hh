// What a policy does with one message, as a value; and as text and JSON.
#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/rehearsal.hh"
#include "cli/side_rules.hh"
#include "policy/admission.hh"
#include "policy/routing.hh"

namespace cli {

struct Question {
    base::ZoneId zone;
    base::Endpoint source;
    base::Transport transport = base::Transport::udp;
    base::Flow flow;          // by which listener it comes in
    std::string registered;   // the Contact of the registered phone that it is for; empty: none
};

// One target, and what the message towards it goes through.
struct TargetExplanation {
    base::PeerId peer;
    const policy::Topology* topology = nullptr;
    std::string topology_from;  // "route", "peer", "zone"; empty: none
    const policy::HeaderRules* headers = nullptr;
    std::string headers_from;
    int headers_refused = 0;  // rules that could not be applied
    std::vector<SideRule> rules;
};

struct Explanation {
    Question question;
    std::optional<base::Reason> refused;  // by the guard, the parser or admission
    std::string refused_by;               // "guard", "parser", "access rules", "routes", "B2BUA"; empty: by nobody
    base::PeerId peer = base::kNoPeer;    // whom the source belongs to
    std::vector<SideRule> sender;         // what holds for its side
    policy::Trace access, routes;
    std::optional<policy::RouteDecision> decision;
    std::vector<TargetExplanation> targets;
    Rehearsal rehearsal;                  // what the B2BUA does with it

    bool accepted() const { return refused_by.empty(); }
    int status() const { return rehearsal.answer ? rehearsal.answer->status() : 0; }   // of the answer; 0: none
    // The message that leaves for a target; null: none does.
    const Departure* departure(const policy::Snapshot& snapshot, base::PeerId id) const;
};

// The question's zone has a listener for it, and its phone may register; else `complaint` says why not.
std::optional<Explanation> explain(const policy::SnapshotPtr& snapshot, const Question& question, const std::string& text,
                                   std::string& complaint);

void print_explanation(std::ostream& out, const policy::Snapshot& snapshot, const Explanation& explanation);
boost::json::value explanation_as_json(const policy::Snapshot& snapshot, const Explanation& explanation);

}  // namespace cli
