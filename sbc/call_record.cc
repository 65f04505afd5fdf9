#include "sbc/call_record.hh"

#include "sbc/call_branches.hh"
#include "sbc/context.hh"
#include "sbc/overview.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

std::string endpoint_of(const base::Flow& flow) { return endpoint_text(flow.transport, flow.remote); }

// The far side's Call-ID: of the dialog that was chosen, else of the last target that was tried.
std::string far_call_id(const Call& call) {
    if (call.chosen) return call.chosen->dialogs[at(Side::b)].call_id;
    return call.setup ? call.setup->far.call_id : std::string();
}

}  // namespace

std::string endpoint_text(base::Transport transport, const base::Endpoint& remote) {
    if (!remote.port) return {};
    return std::string(base::name_of(transport)) + " " + remote.to_string();
}

WriteRecord record_of(const Context& context, const Call& call, std::string_view why, int status, Ender by) {
    CallRecord record{.call = view_call(context, call), .requested = call.requested,
                      .a = {endpoint_of(call.party(Side::a).flow), {}}, .b = {endpoint_of(call.party(Side::b).flow), {}},
                      .ringing = call.ringing, .ended = context.now, .status = status, .why = std::string(why),
                      .ended_by = by, .policy_hash = call.policy->hash, .branches = {}};
    if (!call.pairs.empty()) record.a.call_id = call.pairs.front()->dialogs[at(Side::a)].call_id;
    record.b.call_id = far_call_id(call);
    if (call.answered) record.status = 200;
    if (call.fork) record.branches = call.fork->ended;
    return {std::make_shared<const CallRecord>(std::move(record))};
}

CallRecord::Branch branch_of(const Call& call, int status) {
    const auto& party = call.party(Side::b);
    const auto peer = party.peer == base::kNoPeer ? std::string() : call.policy->peer(party.peer).name;
    return {call.id, peer, {endpoint_of(party.flow), far_call_id(call)}, status};
}

WriteRecord record_of(Context& context, const Party& caller, const sip::Message& request, Refusal refusal) {
    CallRecord record;
    auto& call = record.call;
    call.id = std::to_string(context.next_call_number().value);
    call.state = "terminating";
    call.from = sip::uri_within(request.value(sip::HeaderName::from));
    call.to = sip::uri_within(request.value(sip::HeaderName::to));
    call.zone_a = context.policy->zone(caller.zone).name;
    if (caller.peer != base::kNoPeer) call.peer_a = context.policy->peer(caller.peer).name;
    call.route = std::move(refusal.route);
    call.started = record.ended = context.now;
    record.requested = request.request_uri();
    record.a = {endpoint_of(caller.flow), std::string(request.call_id())};
    record.status = refusal.status;
    record.why = base::name_of(refusal.why);
    record.policy_hash = context.policy->hash;
    return {std::make_shared<const CallRecord>(std::move(record))};
}

}  // namespace sbc
