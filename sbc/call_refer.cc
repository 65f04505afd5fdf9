// Owns: RFC 3515, 2.4.1 and 2.4.2 (one Refer-To; who may), RFC 5589 as far as it is about dialogs on both sides of us. A
// REFER is judged as a call that its sender makes himself: where the routes would not let him call, nobody calls for him.
#include "sbc/call_refer.hh"

#include <algorithm>

#include "base/text.hh"
#include "sbc/call_invite.hh"
#include "sbc/call_request.hh"
#include "sbc/call_restore.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/home.hh"
#include "sbc/named_dialog.hh"
#include "sbc/topology.hh"
#include "sip/name_addr.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

std::optional<sip::NameAddr> target_of(const sip::Message& refer) {
    const auto items = refer.items(HeaderName::refer_to);
    return items.size() == 1 ? sip::NameAddr::parse(items.front()) : std::nullopt;
}

std::optional<sip::DialogName> name_within(const sip::Uri& uri) {
    for (const auto& [name, value] : uri.headers)
        if (base::equals_ignoring_case(name, "Replaces")) return sip::DialogName::parse(sip::unescaped(value));
    return std::nullopt;
}

// The worker whose dialog it is; nothing: it is none of ours.
std::optional<base::WorkerId> home_of(const sip::DialogName& name) {
    const auto home = worker_of_token(name.to_tag);
    return home ? home : worker_of_token(name.from_tag);
}

// The call to that target as the one who asks would make it.
sip::Message call_to(const sip::Uri& target, std::string_view asker, std::string_view call_id) {
    auto uri = target;
    uri.headers.clear();
    uri.remove_parameter("method");
    auto invite = sip::Message::request(Method::invite, uri.to_string());
    invite.add(HeaderName::max_forwards, "70");
    invite.add(HeaderName::from, asker);
    invite.add(HeaderName::to, '<' + uri.to_string() + '>');
    invite.add(HeaderName::call_id, call_id);
    invite.add(HeaderName::cseq, "1 INVITE");
    return invite;
}

// Null: the routes would not let him.
std::unique_ptr<Setup> allowed_call(Context& context, const Party& asker, sip::Message invite) {
    auto setup = std::make_unique<Setup>(std::move(invite), sip::ServerId{});
    return find_way(context, asker, *setup) ? std::move(setup) : nullptr;
}

// A target may name another method than INVITE (RFC 3515, 2.1): that is for the other end to judge.
bool is_call(const sip::Uri& target) {
    return (target.is_sip() && target.parameter("method").value_or("INVITE") == "INVITE") || target.scheme == "tel";
}

// The other end is led to our own door: there its INVITE finds the call's worker, by the user of its Request-URI. Where
// the Call-ID is the owner's own and to be hidden, our tag stands for it.
void lead_to_owner(const policy::Snapshot& policy, const DialogAnswer& answer, const Party& to, sip::NameAddr& target) {
    auto name = answer.name;
    const bool hidden = to.topology && to.topology->hides(policy::LeakPlace::call_id);
    if (hidden && answer.private_id && !same_place(stand_of(policy, to), stand_of(answer.owner))) name.call_id = name.from_tag;
    target.uri.user = name.from_tag;
    target.uri.password.clear();
    move_to_our_door(target.uri, to);
    target.uri.headers.emplace_back("Replaces", sip::escaped_header(name.to_string()));
}

// The owner is another worker's: he gets a new call, which replaces the one that he has (RFC 3891).
std::unique_ptr<Setup> call_of_owner(const Context& context, const DialogAnswer& answer, const sip::Dialog& near) {
    const auto dialled = sip::Uri::parse(answer.dialled);
    auto owner = party_of(context, answer.owner);
    if (!dialled || !owner) return nullptr;
    owner->flow.connection = answer.connection;
    auto setup = std::make_unique<Setup>(call_to(*dialled, near.remote_uri, near.call_id), sip::ServerId{});
    setup->request.add(HeaderName::replaces, answer.name.to_string());
    lead_to(*setup, std::move(*owner), answer.target, answer.route);
    return setup;
}

// What means us on one side means us on the other.
void lead_to_our_door(const Party& from, const Party& to, sip::NameAddr& target) {
    if (target.uri.host_address() != from.ours.address) return;
    auto headers = target.uri.headers;
    const auto method = std::optional<std::string>(target.uri.parameter("method"));
    move_to_our_door(target.uri, to);
    if (method) target.uri.set_parameter("method", *method);
    target.uri.headers = std::move(headers);
}

// The other call of his (RFC 5589, 7). Null: he has no such.
void refer_to_dialog(Context& context, Call& call, const Place& place, sip::RequestArrived& arrived, const DialogAnswer* answer) {
    const Side from = place.side;
    const auto& near = place.pair->dialogs[at(from)];
    auto target = target_of(arrived.request);
    const auto name = target ? name_within(target->uri) : std::nullopt;
    const auto named = name ? find_dialog(context, *name) : std::nullopt;
    if (!answer || (named && named->call == &call)) return refuse(context, arrived.id, 403, near.local_tag);
    if (call.party(from).rules.transfer == policy::Transfer::carry_out) {
        if (named) return join_calls(context, call, from, arrived, *named);
        auto setup = call_of_owner(context, *answer, near);
        if (!setup) return refuse(context, arrived.id, 403, near.local_tag);
        return call_instead(context, call, from, arrived, std::move(setup));
    }
    lead_to_owner(*call.policy, *answer, call.party(other(from)), *target);
    arrived.request.set(HeaderName::refer_to, target->to_string());
    relay_within_call(context, call, *place.pair, from, arrived);
}

void ask_worker(Context& context, const Call& call, DialogQuestion question, sip::RequestArrived& arrived) {
    question.number = ++context.last_question;
    context.referrals.emplace(question.number, AskedReferral{call.number, std::move(arrived)});
    context.effects.emplace_back(std::move(question));
}

}  // namespace

int refuse_reference(Context& context, const Party& caller, const sip::Message& request) {
    if (request.method() != Method::refer) return 0;
    if (caller.rules.transfer == policy::Transfer::refuse) return 603;
    const auto target = target_of(request);
    if (!target) return 400;
    if (!is_call(target->uri)) return caller.trusted ? 0 : 403;
    const auto invite = call_to(target->uri, request.value(HeaderName::from), request.call_id());
    return allowed_call(context, caller, invite.clone()) ? 0 : 403;
}

void refer_arrives(Context& context, Call& call, DialogPair& pair, Side from, sip::RequestArrived& arrived) {
    const auto& near = pair.dialogs[at(from)];
    const auto& asker = call.party(from);
    const auto rule = asker.rules.transfer.value_or(policy::Transfer::relay);
    const auto no = [&](int status) { refuse(context, arrived.id, status, near.local_tag); };
    auto target = target_of(arrived.request);
    if (!target) return no(400);
    if (rule == policy::Transfer::refuse) return no(603);
    const auto name = name_within(target->uri);
    if (const auto home = name ? home_of(*name) : std::nullopt) {
        DialogQuestion question{0, *home, *name, stand_of(*call.policy, asker)};
        if (*home != context.worker && home->value < context.workers)
            return ask_worker(context, call, std::move(question), arrived);
        return refer_to_dialog(context, call, {&pair, from}, arrived, answer_to(context, question).get());
    }
    auto today = party_today(context, call, from);
    auto setup = today && is_call(target->uri)
                     ? allowed_call(context, *today, call_to(target->uri, near.remote_uri, near.call_id)) : nullptr;
    const bool may = setup || (asker.trusted && !is_call(target->uri) && rule == policy::Transfer::relay);
    if (!may || (name && rule == policy::Transfer::carry_out)) return no(403);
    if (rule == policy::Transfer::carry_out) return call_instead(context, call, from, arrived, std::move(setup));
    lead_to_our_door(asker, call.party(other(from)), *target);
    arrived.request.set(HeaderName::refer_to, target->to_string());
    relay_within_call(context, call, pair, from, arrived);
}

Call* dialog_answered(Context& context, std::uint64_t question, const DialogAnswerPtr& answer) {
    auto asked = context.referrals.extract(question);
    if (!asked) return nullptr;
    auto& arrived = asked.mapped().arrived;
    auto* call = context.call(asked.mapped().call);
    const auto place = call ? place_of(context, *call, arrived.request) : Place{};
    if (!place.pair || call->state == Call::State::terminating)
        refuse(context, arrived.id, base::Reason::no_such_dialog, arrived.request.to_tag());
    else refer_to_dialog(context, *call, place, arrived, answer.get());
    return call;
}

}  // namespace sbc
