// Owns: RFC 3515, 2.4.4 to 2.4.6, RFC 4488, RFC 6665, 4.2.1 as far as a subscription that lasts no longer than a call in
// setup needs it.
#include "sbc/refer_subscription.hh"

#include "base/number.hh"
#include "base/text.hh"
#include "sbc/call_life.hh"
#include "sbc/context.hh"
#include "sip/parameters.hh"

namespace sbc {
namespace {

using sip::HeaderName;
using sip::Method;

constexpr std::size_t kMostReferrals = 8;     // of one dialog, whose NOTIFYs are still understood

// As long as a call may ring.
std::string lifetime(const Call& call) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(call.policy->timers.c).count());
}

void notify(Context& context, Call& call, const std::string& state, int status) {
    const Side to = call.transfer->referrer;
    auto request = call.chosen->dialogs[at(to)].make_request(Method::notify);
    request.set(HeaderName::contact, call.party(to).contact);
    request.set(HeaderName::event, "refer;id=" + std::to_string(call.transfer->refer));
    request.set(HeaderName::subscription_state, state);
    request.set_body("SIP/2.0 " + std::to_string(status) + ' ' + std::string(sip::reason_phrase_of(status)) + "\r\n",
                     "message/sipfrag;version=2.0");
    Exchange exchange;
    exchange.from = other(to);
    exchange.method = Method::notify;
    exchange.pair = call.chosen;
    send_request(context, call, std::move(exchange), std::move(request));
}

}  // namespace

void accept_refer(Context& context, Call& call, Side from, const sip::RequestArrived& arrived) {
    auto& dialog = call.chosen->dialogs[at(from)];
    const bool quiet = base::equals_ignoring_case(base::trimmed(arrived.request.value(HeaderName::refer_sub)), "false");
    auto response = context.transactions.respond_with(arrived.id, 202, dialog.local_tag);
    response.set(HeaderName::contact, call.party(from).contact);
    if (quiet) response.set(HeaderName::refer_sub, "false");
    context.transactions.respond(arrived.id, response, context.now);
    dialog.refresh_target(arrived.request);
    call.transfer.emplace();
    call.transfer->referrer = from;
    call.transfer->refer = arrived.request.cseq();
    call.transfer->subscribed = !quiet;
    notify_referrer(context, call, 100);
}

void notify_referrer(Context& context, Call& call, int status) {
    auto& transfer = *call.transfer;
    if (!transfer.subscribed) return;
    transfer.subscribed = status < 200;
    notify(context, call, status < 200 ? "active;expires=" + lifetime(call) : "terminated;reason=noresource", status);
}

void note_referral(DialogPair& pair, const Referral& referral) {
    if (pair.referrals.size() >= kMostReferrals) pair.referrals.erase(pair.referrals.begin());
    pair.referrals.push_back(referral);
}

void rename_subscription(const DialogPair& pair, Side from, sip::Message& request) {
    if (request.method() != Method::notify && request.method() != Method::subscribe) return;
    const auto event = request.value(HeaderName::event);
    auto parameters = sip::split_parameters(event);
    const auto id = sip::find_parameter(parameters, "id");
    if (!id || !base::equals_ignoring_case(base::trimmed(event.substr(0, event.find(';'))), "refer")) return;
    const auto cseq = base::to_number<std::uint32_t>(*id);
    for (const auto& referral : pair.referrals) {
        const bool by_sender = referral.from == from;
        if (cseq != (by_sender ? referral.cseq_from : referral.cseq_to)) continue;
        sip::set_parameter(parameters, "id", std::to_string(by_sender ? referral.cseq_to : referral.cseq_from));
        std::string renamed = "refer";
        sip::write_parameters(renamed, parameters);
        return request.set(HeaderName::event, renamed);
    }
}

void renew_subscription(Context& context, Call& call, const sip::RequestArrived& arrived) {
    auto& transfer = *call.transfer;
    const auto tag = call.chosen->dialogs[at(transfer.referrer)].local_tag;
    const bool ends = arrived.request.value(HeaderName::expires) == "0";
    auto response = context.transactions.respond_with(arrived.id, transfer.subscribed ? 200 : 481, tag);
    response.set(HeaderName::contact, call.party(transfer.referrer).contact);
    response.set(HeaderName::expires, ends ? "0" : lifetime(call));
    context.transactions.respond(arrived.id, response, context.now);
    if (!std::exchange(transfer.subscribed, transfer.subscribed && !ends)) return;
    notify(context, call, ends ? "terminated;reason=timeout" : "active;expires=" + lifetime(call), 100);
}

}  // namespace sbc
