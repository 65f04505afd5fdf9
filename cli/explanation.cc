// The same questions that a worker asks for a new request, in the same order: guard, parser, access, routes, each with
// its reasons. What then happens is not told from here, lest it differ from the daemon: the B2BUA itself plays it.
#include "cli/explanation.hh"

#include "sip/guard.hh"
#include "sip/refusal.hh"

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
                                 base::PeerId id, const policy::Facts& facts) {
    const policy::Peer& peer = snapshot.peer(id);
    const policy::Zone& zone = snapshot.zone(peer.zone);
    TargetExplanation target;
    target.peer = id;
    target.topology = topology_towards(snapshot, decision.topology, id);
    target.topology_from = nearest(decision.topology, peer.topology, zone.topology);
    target.headers = headers_towards(snapshot, decision.headers, id);
    target.headers_from = nearest(decision.headers, peer.headers, zone.headers);
    target.rules = rules_of_target(snapshot, decision, id, facts);
    sip::Message leaving = facts.request->clone();
    if (target.headers) target.headers_refused = policy::apply(*target.headers, leaving);
    return target;
}

// The guard's and the parser's refusals never reach the B2BUA.
void refuse_unread(Explanation& explanation, const std::string& wire, base::Reason reason, std::string_view by) {
    explanation.refused = reason;
    explanation.refused_by = by;
    const auto& source = explanation.question.source;
    if (const auto answer = sip::refuse(wire, reason, source.address.to_string(), source.port))
        if (auto message = sip::Message::parse(*answer)) explanation.rehearsal.answer = std::move(*message);
}

// What becomes of a phone's registration (policy/registration_rules.hh).
void explain_register(Explanation& explanation, const policy::Snapshot& snapshot, const sip::Message& request) {
    const auto& zone = snapshot.zone(explanation.question.zone);
    if (request.method() != sip::Method::register_ || !zone.registrations) return;
    const auto seconds = [](base::Duration time) { return std::to_string(time / std::chrono::seconds(1)) + "s"; };
    explanation.routes.push_back({"register of zone \"" + zone.name + '"', zone.place, true,
                                  "the registrar is asked for " + seconds(zone.registrations->registrar_expires) +
                                      ", the phone is given " + seconds(zone.registrations->client_expires) +
                                      "; refreshes over its flow are answered here in between"});
}

// Whom the sender hears of it from.
std::string refuser(const Explanation& explanation) {
    if (!explanation.rehearsal.sent.empty() || explanation.status() / 100 == 2) return {};
    if (explanation.refused) return "access rules";
    const auto& decision = *explanation.decision;
    return !decision.accepted && explanation.status() == decision.status ? "routes" : "B2BUA";
}

}  // namespace

const Departure* Explanation::departure(const policy::Snapshot& snapshot, base::PeerId id) const {
    const auto at = whereabouts(snapshot, id);
    for (const Departure& departure : rehearsal.sent) {
        const auto by = departure.flow.transport;
        // What is too large for a datagram goes by TCP.
        const bool by_stream = at.transport == base::Transport::udp && by == base::Transport::tcp;
        if (departure.flow.remote == at.remote && (by == at.transport || by_stream)) return &departure;
    }
    return nullptr;
}

std::optional<Explanation> explain(const policy::SnapshotPtr& snapshot, const Question& question, const std::string& text,
                                   std::string& complaint) {
    Explanation explanation;
    explanation.question = question;
    explanation.peer = snapshot->peer_of(question.zone, question.source.address);
    const auto flow = arrival(*snapshot, question.zone, question.transport, question.source);
    if (!flow) {
        complaint = "zone " + snapshot->zone(question.zone).name + " has no " +
                    std::string(base::name_of(question.transport)) + " listener that hears " + question.source.to_string();
        return std::nullopt;
    }
    std::string wire = with_crlf(text);
    const auto framing =
        base::is_reliable(question.transport) ? sip::Framing::stream : sip::Framing::datagram;
    const auto verdict = sip::guard(wire, framing, snapshot->sip_limits);
    if (!verdict.accepted) {
        refuse_unread(explanation, wire, verdict.reason, "guard");
        return explanation;
    }
    wire.resize(verdict.message_bytes);
    auto request = sip::Message::parse(wire);
    if (!request || !request->is_request()) {
        refuse_unread(explanation, wire, request ? base::Reason::stray_response : request.error(), "parser");
        return explanation;
    }
    auto rehearsal = rehearse(snapshot, {*flow, question.registered}, *request);
    if (!rehearsal) {
        complaint = "no untrusted zone lets " + question.registered + " register; an example: sip:alice@203.0.113.7:5060";
        return std::nullopt;
    }
    explanation.rehearsal = std::move(*rehearsal);
    policy::Facts facts{question.zone,   explanation.peer, question.transport,
                        question.source, &*request,        !question.registered.empty()};
    explanation.sender = rules_of_sender(*snapshot, facts);
    policy::Admission admission(snapshot, 1);
    explanation.refused = admission.admit(facts, base::Time{}, &explanation.access);
    if (!explanation.refused) explanation.decision = policy::route(*snapshot, facts, 0.5, &explanation.routes);
    if (explanation.decision) explain_register(explanation, *snapshot, *request);
    explanation.refused_by = refuser(explanation);
    if (!explanation.decision) return explanation;
    for (const base::PeerId target : explanation.decision->targets)
        explanation.targets.push_back(explain_target(*snapshot, *explanation.decision, target, facts));
    return explanation;
}

}  // namespace cli
