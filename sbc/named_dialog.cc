// Owns: RFC 3891, 3 and 4, and RFC 3911, 4 as a B2BUA keeps them: each of our dialogs is half of a pair, and the request
// is for who has the other half. Not for everybody: for who takes part in that call, who is trusted, or who could call
// its owner by the routes (SECURITY: rule 5). To others there is no such dialog.
#include "sbc/named_dialog.hh"

#include <algorithm>

#include "sbc/call_invite.hh"
#include "sbc/call_restore.hh"
#include "sbc/context.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

// How a caller would have dialled its owner.
const std::string& dialled(const NamedDialog& named) {
    return named.owner == Side::b ? named.call->requested : named.call->from;
}

bool routes_lead_to(Context& context, const Party& caller, const sip::Message& request, const NamedDialog& named) {
    Setup asked(request.clone(), {});
    asked.request.set_request_uri(dialled(named));
    asked.request.set(HeaderName::to, '<' + dialled(named) + '>');
    if (!find_way(context, caller, asked)) return false;
    const auto& owner = named.call->party(named.owner);
    if (asked.route.registered) return false;   // he may be anybody
    if (asked.route.targets.empty()) return asked.ways.front().party.flow.remote == owner.flow.remote;   // a registered phone
    return owner.peer != base::kNoPeer && std::ranges::any_of(asked.route.targets, [&](base::PeerId peer) {
               return context.policy->peer(peer).name == named.call->policy->peer(owner.peer).name;
           });
}

bool is_at(const Stand& stand, const Call& call, Side side) {
    return same_place(stand, stand_of(*call.policy, call.party(side)));
}

bool may_name(Context& context, const Party& caller, const sip::Message& request, const NamedDialog& named) {
    const auto stand = stand_of(*context.policy, caller);
    return caller.trusted || is_at(stand, *named.call, Side::a) || is_at(stand, *named.call, Side::b) ||
           routes_lead_to(context, caller, request, named);
}

// What the owner would answer (RFC 3891, 3), as far as we know it.
int refusal(const NamedDialog& named, bool replaces, bool early_only) {
    if (named.call->state == Call::State::terminating) return 603;
    const bool early = named.call->chosen != named.pair;
    if (early && (named.call->chosen || named.owner == Side::b)) return 481;   // another fork won; or it did not begin it
    return !early && replaces && early_only ? 486 : 0;
}

}  // namespace

std::optional<NamedDialog> find_dialog(Context& context, const sip::DialogName& name) {
    for (const auto* tag : {&name.to_tag, &name.from_tag}) {
        auto* call = context.call_by_tag(*tag);
        if (!call || call->kind != Call::Kind::invite) continue;
        for (const auto& pair : call->pairs)
            for (const Side side : {Side::a, Side::b}) {
                const auto& dialog = pair->dialogs[at(side)];
                const bool by_owner = dialog.local_tag == name.from_tag;
                const auto& remote = by_owner ? name.to_tag : name.from_tag;
                // Where its Call-ID is nobody's business, our own tag stands for it.
                const bool same = dialog.call_id == name.call_id || (by_owner && dialog.local_tag == name.call_id);
                if (!same || dialog.local_tag != *tag || dialog.remote_tag != remote) continue;
                const NamedDialog named{call, pair.get(), by_owner ? side : other(side)};
                if (!pair->dialogs[at(named.owner)].remote_tag.empty()) return named;
            }
    }
    return std::nullopt;
}

sip::DialogName name_at_owner(const NamedDialog& named) {
    const auto& dialog = named.pair->dialogs[at(named.owner)];
    return {dialog.call_id, dialog.remote_tag, dialog.local_tag};
}

Stand stand_of(const policy::Snapshot& policy, const Party& party) {
    return {policy.zone(party.zone).name, party.peer == base::kNoPeer ? std::string() : policy.peer(party.peer).name,
            party.flow.remote.address};
}

Stand stand_of(const KeptParty& party) { return {party.zone, party.peer, party.remote.address}; }

bool same_place(const Stand& a, const Stand& b) {
    return a.zone == b.zone && a.peer == b.peer && (!a.peer.empty() || a.address == b.address);
}

DialogAnswerPtr answer_to(Context& context, const DialogQuestion& question) {
    const auto named = find_dialog(context, question.name);
    if (!named || named->call->chosen != named->pair || named->call->state != Call::State::established) return nullptr;
    const auto& call = *named->call;
    if (!is_at(question.asker, call, other(named->owner))) return nullptr;
    const auto& owner = call.party(named->owner);
    return std::make_shared<const DialogAnswer>(
        DialogAnswer{name_at_owner(*named), named->owner == Side::a, kept_of(call, owner), owner.flow.connection,
                     named->pair->dialogs[at(named->owner)].remote_target, dialled(*named), call.route});
}

void lead_to(Setup& setup, Party owner, std::string target, const std::string& route) {
    owner.counted = false;
    owner.updates.reset();
    owner.descriptions = {};
    setup.ways.clear();
    setup.ways.push_back({std::move(owner), std::move(target), {}});
    setup.closed = true;
    setup.route.accepted = true;
    setup.route.route = route;
}

int take_named_dialog(Context& context, const Party& caller, Setup& setup) {
    auto& request = setup.request;
    const auto replaces = request.items(HeaderName::replaces), joins = request.items(HeaderName::join);
    if (replaces.empty() && joins.empty()) return 0;
    const auto header = replaces.empty() ? HeaderName::join : HeaderName::replaces;
    auto name = sip::DialogName::parse(request.value(header));
    if (request.method() != Method::invite || replaces.size() + joins.size() > 1 || !name) return 400;
    const auto named = find_dialog(context, *name);
    if (!named || !may_name(context, caller, request, *named)) return 481;
    if (const int status = refusal(*named, header == HeaderName::replaces, name->early_only)) return status;
    auto owner = party_today(context, *named->call, named->owner);
    if (!owner) return 481;
    const bool early_only = std::exchange(*name, name_at_owner(*named)).early_only;
    name->early_only = early_only;
    request.set(header, name->to_string());
    lead_to(setup, std::move(*owner), named->pair->dialogs[at(named->owner)].remote_target, named->call->route);
    return 0;
}

}  // namespace sbc
