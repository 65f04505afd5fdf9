// How a transfer that we carry out ends without success: who can go back to where he was goes back, all else ends.
#include <algorithm>

#include "sbc/call_bye.hh"
#include "sbc/call_life.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/refer_subscription.hh"

namespace sbc {
namespace {

using sip::Method;

constexpr int kUnspecific = 503;   // what a referrer hears where nothing else is known

bool is_over(Context& context, base::CallNumber number) {
    const auto* call = context.call(number);
    return !call || call->state == Call::State::terminating;
}

// The end that was lent to a successor is its call's again, with what it was told last.
void give_back(Context& context, Call& call, Call& successor, Side as) {
    const Side left = other(call.transfer->referrer);
    auto& dialog = successor.chosen->dialogs[at(as)];
    context.calls_by_tag.insert_or_assign(dialog.local_tag, call.number);
    call.chosen->dialogs[at(left)] = std::exchange(dialog, {});
    call.chosen->acks[at(left)] = successor.chosen->acks[at(as)];
    call.party(left).descriptions.origin_version = successor.party(as).descriptions.origin_version;
    call.party(left).descriptions.last = successor.party(as).descriptions.last;
    call.transfer->parted = false;
    resume_sessions(context, call);
    context.touched.push_back(call.number);
}

// One of the calls whose ends were to be connected.
void resume(Context& context, Call& call, Call& successor, Side as, const Succession& succession) {
    if (call.state == Call::State::terminating || !call.transfer || call.transfer->successor != successor.number) return;
    notify_referrer(context, call, succession.status);
    if (call.transfer->parted && !succession.gone[at(as)]) give_back(context, call, successor, as);
    const auto transfer = *call.transfer;
    call.transfer.reset();
    if (!transfer.parted && !transfer.referrer_left) return;
    const Side to = transfer.parted ? transfer.referrer : other(transfer.referrer);
    if (to != transfer.referrer || !transfer.referrer_left) send_bye(context, call, *call.chosen, to);
    terminate(context, call, "transfer_failed");
}

}  // namespace

bool bye_in_transfer(Context& context, Call& call, DialogPair& pair, Side from) {
    if (call.succession && call.chosen) {
        pair.dialogs[at(from)].remote_tag.clear();   // there is nobody any more
        call.succession->gone[at(from)] = true;
        if (from == Side::b) call.succession->far_invite = 0;
        break_off(context, call, kUnspecific);
        return true;
    }
    if (!call.transfer) return false;
    if (from == call.transfer->referrer) {
        call.transfer->referrer_left = true;
        return true;
    }
    notify_referrer(context, call, kUnspecific);   // before his BYE: behind it, it would be out of order
    if (!call.transfer->referrer_left) return false;
    terminate(context, call, from == Side::a ? "bye_from_caller" : "bye_from_callee", 0, from == Side::a ? Ender::a : Ender::b);
    return true;
}

bool request_in_transfer(Context& context, Call& call, Side from, const sip::RequestArrived& arrived) {
    if (call.transfer && call.transfer->refer && from == call.transfer->referrer && arrived.request.method() == Method::subscribe) {
        renew_subscription(context, call, arrived);
        return true;
    }
    const bool alone = call.transfer && (call.transfer->parted || call.transfer->referrer_left);
    if (!alone && !call.succession) return false;
    refuse_for_now(context, arrived.id, arrived.request.to_tag());   // there is nobody on the other side yet, or any more
    return true;
}

void break_off(Context& context, Call& call, int status) {
    if (call.state == Call::State::terminating || !call.succession) return;
    if (!call.chosen) return abandon_setup(context, call, status, {});
    auto& succession = *call.succession;
    auto& gone = succession.gone;
    if (succession.far_invite) acknowledge_connection(context, call, Side::b, succession.far_invite);
    gone[at(Side::a)] = gone[at(Side::a)] || is_over(context, succession.referred);
    gone[at(Side::b)] = gone[at(Side::b)] || succession.far_invite || is_over(context, succession.consulted);
    for (const auto& exchange : call.exchanges) {   // who has heard of the new call, and not answered yet
        if (!exchange.connects || exchange.answered) continue;
        gone[at(other(exchange.from))] = true;
        context.transactions.cancel(exchange.client, {}, context.now);
    }
    for (const Side side : {Side::a, Side::b})
        if (gone[at(side)]) send_bye(context, call, *call.chosen, side);
    terminate(context, call, "transfer_failed", status);
}

void transfer_ended(Context& context, Call& call, int status) {
    if (call.succession) {
        auto succession = std::move(*call.succession);
        call.succession.reset();
        context.timers.cancel(succession.timer);
        succession.status = status >= 300 ? status : kUnspecific;
        if (auto* before = context.call(succession.referred)) resume(context, *before, call, Side::a, succession);
        if (auto* before = context.call(succession.consulted)) resume(context, *before, call, Side::b, succession);
    }
    if (call.transfer) {
        notify_referrer(context, call, kUnspecific);
        const auto successor = call.transfer->successor;
        if (auto* next = context.call(successor)) break_off(context, *next, 487);
    }
}

}  // namespace sbc
