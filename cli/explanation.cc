// The same questions that a worker asks for a new request, in the same order: guard, parser, access, routes,
// header rules. Hiding itself is the B2BUA's; here the profile that it would follow is named.
#include "cli/explanation.hh"

#include "sip/guard.hh"

namespace cli {
namespace {

// Files are often saved with LF alone; on the wire that would be refused.
std::string with_crlf(const std::string& text) {
    std::string wire;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) wire += '\r';
        wire += text[i];
    }
    return wire;
}

template <class Profile>
std::string nearest(const Profile* of_route, const Profile* of_peer, const Profile* of_zone) {
    return of_route ? "route" : of_peer ? "peer" : of_zone ? "zone" : "";
}

TargetExplanation explain_target(const policy::Snapshot& snapshot, const policy::RouteDecision& decision,
                                 base::PeerId id, const sip::Message& request) {
    const policy::Peer& peer = snapshot.peer(id);
    const policy::Zone& zone = snapshot.zone(peer.zone);
    TargetExplanation target;
    target.peer = id;
    target.topology = topology_towards(snapshot, decision.topology, id);
    target.topology_from = nearest(decision.topology, peer.topology, zone.topology);
    target.headers = headers_towards(snapshot, decision.headers, id);
    target.headers_from = nearest(decision.headers, peer.headers, zone.headers);
    sip::Message leaving = request.clone();
    if (target.headers) target.headers_refused = policy::apply(*target.headers, leaving);
    target.message = leaving.serialize();
    return target;
}

}  // namespace

Explanation explain(const policy::SnapshotPtr& snapshot, const Question& question, const std::string& text) {
    Explanation explanation;
    explanation.question = question;
    explanation.peer = snapshot->peer_of(question.zone, question.source.address);
    std::string wire = with_crlf(text);
    const auto framing =
        base::is_reliable(question.transport) ? sip::Framing::stream : sip::Framing::datagram;
    const auto verdict = sip::guard(wire, framing, snapshot->sip_limits);
    if (!verdict.accepted) {
        explanation.refused = verdict.reason;
        explanation.refused_by = "guard";
        return explanation;
    }
    wire.resize(verdict.message_bytes);
    const auto request = sip::Message::parse(std::move(wire));
    if (!request || !request->is_request()) {
        explanation.refused = request ? base::Reason::stray_response : request.error();
        explanation.refused_by = "parser";
        return explanation;
    }
    policy::Facts facts{question.zone,   explanation.peer, question.transport,
                        question.source, &*request,        question.registered};
    policy::Admission admission(snapshot, 1);
    explanation.refused = admission.admit(facts, base::Time{}, &explanation.access);
    if (explanation.refused) {
        explanation.refused_by = "access rules";
        return explanation;
    }
    explanation.decision = policy::route(*snapshot, facts, 0.5, &explanation.routes);
    for (const base::PeerId target : explanation.decision->targets)
        explanation.targets.push_back(explain_target(*snapshot, *explanation.decision, target, *request));
    return explanation;
}

}  // namespace cli
