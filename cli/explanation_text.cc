// An explanation as text for a person.
#include <ostream>

#include "cli/explanation.hh"
#include "cli/render.hh"

namespace cli {
namespace {

void print_trace(std::ostream& out, const policy::Trace& trace) {
    for (const policy::Step& step : trace)
        out << "  " << (step.matched ? "yes  " : "no   ") << step.what << ": " << printable(step.why) << "  ("
            << step.place.to_string() << ")\n";
}

void print_rules(std::ostream& out, const std::vector<SideRule>& rules) {
    for (const SideRule& rule : rules) out << "  " << rule.key << ' ' << printable(rule.value) << "  (of the " << rule.from << ")\n";
}

// The places by what happens to them; the longest list is told as "all others".
void print_topology(std::ostream& out, const policy::Topology& topology) {
    std::string hidden, kept, fixed;
    for (int i = 0; i < policy::kLeakPlaces; ++i) {
        const auto place = static_cast<policy::LeakPlace>(i);
        const std::string name = ' ' + std::string(policy::name_of(place));
        switch (topology[place].kind) {
            case policy::Treatment::Kind::hide:
                hidden += name;
                break;
            case policy::Treatment::Kind::keep:
                kept += name;
                break;
            case policy::Treatment::Kind::fixed:
                fixed += name + "=\"" + topology[place].value + '"';
                break;
        }
    }
    if (!kept.empty()) out << "    keeps:" << kept << '\n';
    if (!fixed.empty()) out << "    fixed:" << fixed << '\n';
    out << "    hides:"
        << (hidden.empty()                  ? " nothing"
            : kept.empty() && fixed.empty() ? " every place"
                                            : hidden)
        << '\n';
}

void print_message(std::ostream& out, const std::string& message) {
    std::string line;
    for (const char c : message) {
        if (c == '\n') {
            out << "    | " << printable(line) << '\n';
            line.clear();
        } else if (c != '\r') {
            line += c;
        }
    }
    if (!line.empty()) out << "    | " << printable(line) << '\n';
}

void print_departure(std::ostream& out, const Departure& departure) {
    out << "  as it leaves for " << departure.flow.remote.to_string() << " over " << base::name_of(departure.flow.transport)
        << ":\n";
    print_message(out, departure.message);
}

void print_target(std::ostream& out, const policy::Snapshot& snapshot, const TargetExplanation& target) {
    const policy::Peer& peer = snapshot.peer(target.peer);
    out << "\ntarget: peer " << peer.name << " <" << peer.uri << "> in zone " << snapshot.zone(peer.zone).name
        << '\n';
    if (!peer.address)
        out << "  located by the DNS, which is not asked here: " << whereabouts(snapshot, target.peer).remote.address.to_string()
            << " stands for what it would say\n";
    if (target.topology) {
        out << "  topology \"" << target.topology->name << "\", of the " << target.topology_from << ":\n";
        print_topology(out, *target.topology);
    } else {
        out << "  topology: none, nothing is hidden\n";
    }
    if (target.headers) {
        out << "  headers \"" << target.headers->name << "\", of the " << target.headers_from << ": "
            << target.headers->rules.size() << " rules";
        if (target.headers_refused)
            out << ", " << target.headers_refused << " without effect for want of a value";
        out << '\n';
    } else {
        out << "  headers: no rules\n";
    }
    print_rules(out, target.rules);
}

// Each peer is a branch (sbc/call_branches.hh); peers come once for each of their targets.
void print_forking(std::ostream& out, const policy::Snapshot& snapshot, const policy::RouteDecision& decision) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(decision.ring).count();
    if (decision.fork == policy::Forking::none) return;
    if (decision.fork == policy::Forking::parallel) out << "rings all targets at once, a call\n";
    if (decision.fork == policy::Forking::serial) out << "rings the targets in turn, a call, each for " << seconds << " s\n";
    for (std::size_t i = 0; i < decision.targets.size(); ++i)
        out << "  branch " << i + 1 << ": " << snapshot.peer(decision.targets[i]).name << '\n';
}

void print_refusal(std::ostream& out, const Explanation& explanation) {
    out << "\nrefused by the " << explanation.refused_by;
    if (explanation.refused) out << ": " << base::text_of(*explanation.refused);
    else if (!explanation.decision->accepted) out << ": " << base::text_of(explanation.decision->reason);
    if (!explanation.status()) {
        out << "; not answered\n";
        return;
    }
    const auto& answer = *explanation.rehearsal.answer;
    out << "; answered with " << answer.status() << ' ' << printable(std::string(answer.reason_phrase())) << '\n';
}

void print_targets(std::ostream& out, const policy::Snapshot& snapshot, const Explanation& explanation) {
    for (const TargetExplanation& target : explanation.targets) {
        print_target(out, snapshot, target);
        if (const auto* departure = explanation.departure(snapshot, target.peer)) print_departure(out, *departure);
        else out << "  nothing leaves for it: it is not tried, or no listener of its zone fits\n";
    }
}

}  // namespace

void print_explanation(std::ostream& out, const policy::Snapshot& snapshot, const Explanation& explanation) {
    const Question& question = explanation.question;
    out << "from " << question.source.to_string() << " over " << base::name_of(question.transport)
        << ", zone " << snapshot.zone(question.zone).name;
    if (explanation.peer != base::kNoPeer) out << ", peer " << snapshot.peer(explanation.peer).name;
    out << '\n';
    if (!explanation.sender.empty()) out << "\nits side:\n";
    print_rules(out, explanation.sender);
    if (!explanation.access.empty()) out << "\naccess:\n";
    print_trace(out, explanation.access);
    if (!explanation.routes.empty()) out << "\nroutes:\n";
    print_trace(out, explanation.routes);
    const auto& decision = explanation.decision;
    const auto print_decision = [&] {
        out << "\ndecided by route \"" << decision->route << "\" (" << decision->place.to_string() << ")\n";
        if (decision->registered) out << "to the phones that have registered the address, all at once a call\n";
        print_forking(out, snapshot, *decision);
        print_targets(out, snapshot, explanation);
    };
    if (!explanation.accepted()) {
        if (decision && decision->accepted) print_decision();
        return print_refusal(out, explanation);
    }
    if (explanation.rehearsal.sent.empty()) {
        out << "\nanswered by the session border controller itself:\n";
        return print_message(out, explanation.rehearsal.answer->serialize());
    }
    if (!question.registered.empty() && snapshot.zone(question.zone).trusted) {
        out << "\ntarget: the registered phone " << printable(question.registered) << ", whatever the routes say\n";
        for (const Departure& departure : explanation.rehearsal.sent) print_departure(out, departure);
        return;
    }
    print_decision();
}

}  // namespace cli
