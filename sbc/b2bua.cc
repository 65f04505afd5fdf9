// The coordinator: every input of the outside becomes an event, every event finds its story. No decision stands here.
#include "sbc/b2bua.hh"

#include "base/log.hh"
#include "sbc/call_answer.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_bye.hh"
#include "sbc/call_invite.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_prack.hh"
#include "sbc/call_refer.hh"
#include "sbc/call_request.hh"
#include "sbc/call_restore.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/call_transfer.hh"
#include "sbc/call_upkeep.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/doorkeeper.hh"
#include "sbc/large_request.hh"
#include "sbc/named_dialog.hh"
#include "sbc/overview.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/probing.hh"
#include "sbc/relay_request.hh"

namespace sbc {
namespace {

using sip::Method;

bool makes_dialog(Method method) {
    return method == Method::invite || method == Method::subscribe || method == Method::refer;
}

}  // namespace

struct B2bua::House {
    House(const Environment& e, policy::SnapshotPtr policy, base::Time now)
        : context(e, std::move(policy), now) {}

    Context context;

    // Every input: the time first, then the story, then what it set off in the transaction layer.
    void begin(base::Time now) { context.now = now; }
    void settle() {
        for (auto events = context.transactions.take_events(); !events.empty();
             events = context.transactions.take_events())
            for (auto& event : events) std::visit([this](auto& e) { on(e); }, event);
        sweep_touched();
        context.collect_sends();
        sweep_touched();
        journal_touched(context);
    }

    void on(sip::RequestArrived& arrived) {
        Party caller = context.party_of(arrived.flow);
        if (const auto refused = check_request(context, arrived.request)) {
            answer_refused(context, arrived, *refused);
        } else if (arrived.request.to_tag().empty()) {
            if (!makes_dialog(arrived.request.method())) request_outside_dialog(context, arrived, std::move(caller));
            else if (auto* fresh = call_arrives(context, arrived, std::move(caller))) sweep(*fresh);
        } else if (auto* call = context.call_by_tag(arrived.request.to_tag())) {
            request_within_call(context, *call, arrived);
            sweep(*call);
        } else {
            refuse(context, arrived.id, base::Reason::no_such_dialog, arrived.request.to_tag());
        }
    }

    void on(sip::AckArrived& arrived) {
        auto* call = context.call_by_tag(arrived.ack.to_tag());
        if (!call) return;
        if (const auto place = place_of(context, *call, arrived.ack); place.pair)
            ack_arrives(context, *call, *place.pair, place.side, std::move(arrived.ack));
        sweep(*call);
    }

    void on(sip::CancelArrived& arrived) {
        const auto owner = context.servers.find(arrived.invite);
        if (owner == context.servers.end() || owner->second.kind != Owner::Kind::call) return;
        auto* call = context.call({owner->second.number});
        if (!call) return;
        cancel_arrives(context, *call, arrived.invite, arrived.cancel);
        sweep(*call);
    }

    void on(sip::ResponseArrived& arrived) {
        const auto found = context.clients.find(arrived.id);
        if (found == context.clients.end()) return;
        const auto owner = found->second;
        if (owner.kind == Owner::Kind::request)
            return response_outside_dialog(context, owner.number, std::move(arrived.response));
        if (owner.kind == Owner::Kind::probe) {
            if (arrived.response.status() >= 200)
                probe_answered(context, owner.number, arrived.response.status() != 503);
            return;
        }
        if (owner.kind == Owner::Kind::farewell) {
            if (arrived.response.status() >= 200) farewell_answered(context, owner.number, arrived.response.status());
            return;
        }
        if (owner.kind == Owner::Kind::carrier)
            return carrier_answered(context, owner.number, std::move(arrived.response));
        auto* call = context.call({owner.number});
        const auto* exchange = call ? call->exchange_of(arrived.id) : nullptr;
        if (!exchange) return;
        if (exchange->first) first_response(context, *call, arrived.id, std::move(arrived.response));
        else response_within_call(context, *call, arrived.id, std::move(arrived.response));
        sweep(*call);
    }

    void on(sip::ClientFailed& failed) {
        const auto found = context.clients.find(failed.id);
        if (found == context.clients.end()) return;
        const auto owner = found->second;
        if (owner.kind == Owner::Kind::request)
            return request_outside_dialog_failed(context, owner.number, failed.reason);
        if (owner.kind == Owner::Kind::probe)
            return probe_answered(context, owner.number, false);
        if (owner.kind == Owner::Kind::farewell) return farewell_answered(context, owner.number, 0);
        if (owner.kind == Owner::Kind::carrier) return carrier_failed(context, owner.number, failed.reason);
        auto* call = context.call({owner.number});
        const auto* exchange = call ? call->exchange_of(failed.id) : nullptr;
        if (!exchange) return;
        if (exchange->first) first_request_failed(context, *call, failed.id, failed.reason);
        else request_within_call_failed(context, *call, failed.id, failed.reason);
        sweep(*call);
    }

    void on(sip::ServerFailed&) {}   // the peer sent no ACK for a failure, or its connection is gone: nothing hangs on it
    void on(sip::StreamRefused& refused) { stream_refused(context, refused.flow); }
    void on(sip::Refused& refused) { context.refused(refused.reason); }

    void on_alarm(const Alarm& alarm) {
        if (alarm.kind == Alarm::Kind::registration) return registration_expired(context, alarm.number);
        if (alarm.kind == Alarm::Kind::carrier) return carrier_is_due(context, alarm.number);
        if (alarm.kind == Alarm::Kind::probe) return probe_is_due(context, alarm.number);
        auto* call = context.call({alarm.number});
        if (!call) return;
        switch (alarm.kind) {
            case Alarm::Kind::resend_answer: resend_answer(context, *call, alarm.detail); break;
            case Alarm::Kind::resend_reliable: resend_reliable(context, *call, alarm.detail); break;
            case Alarm::Kind::no_reply: no_reply(context, *call); break;
            case Alarm::Kind::ring: ring_is_over(context, *call); break;
            case Alarm::Kind::timer_c: timer_c_fires(context, *call, {alarm.detail}); break;
            case Alarm::Kind::media_check: check_media(context, *call); break;
            case Alarm::Kind::call_limit: time_is_up(context, *call); break;
            case Alarm::Kind::transfer: if (call->succession) connect_when_free(context, *call); break;
            case Alarm::Kind::session: session_is_due(context, *call, static_cast<Side>(alarm.detail)); break;
            default: break;
        }
        sweep(*call);
    }

    void sweep(Call& call) {
        context.touched.push_back(call.number);
        if (is_spent(context, call)) forget(context, call);
    }

    // A story may end more calls than the one that the event belonged to.
    void sweep_touched() {
        for (const auto number : context.touched)
            if (auto* call = context.call(number); call && is_spent(context, *call)) forget(context, *call);
    }

    void sweep_all() {
        std::vector<Call*> spent;
        for (const auto& [number, call] : context.calls)
            if (is_spent(context, *call)) spent.push_back(call.get());
        for (auto* call : spent) forget(context, *call);
    }
};

B2bua::B2bua(const Environment& environment, policy::SnapshotPtr policy, base::Time now)
    : house_(std::make_unique<House>(environment, std::move(policy), now)) {
    set_up_targets(house_->context);
    settle_carriers(house_->context);
    house_->settle();
}

B2bua::~B2bua() = default;

void B2bua::on_message(sip::Message message, const base::Flow& flow, base::Time now) {
    house_->begin(now);
    if (is_answer_of_earlier_life(house_->context, message)) return house_->settle();
    if (admit(house_->context, message, flow)) house_->context.transactions.receive(std::move(message), flow, now);
    house_->settle();
}

void B2bua::on_pinholes(PinholeToken token, std::optional<base::Reason> refused, base::Time now) {
    house_->begin(now);
    auto& context = house_->context;
    if (auto found = context.pinhole_requests.extract(token.value)) {
        const auto number = found.mapped().call;
        pinholes_answered(context, std::move(found.mapped()), token, refused);
        if (auto* call = context.call(number)) house_->sweep(*call);
    }
    house_->settle();
}

void B2bua::on_latched(const media::Latched& latched, base::Time now) {
    house_->begin(now);
    if (auto* call = house_->context.call(latched.call)) {
        source_latched(house_->context, *call, latched);
        house_->sweep(*call);
    }
    house_->settle();
}

void B2bua::on_transport_failed(const base::Flow& flow, base::Time now) {
    house_->begin(now);
    connection_lost(house_->context, flow);
    flow_lost(house_->context, flow);
    house_->context.transactions.transport_failed(flow, now);
    house_->settle();
}

void B2bua::on_undeliverable(std::string_view beginning, const base::Flow& flow, base::Time now) {
    house_->begin(now);
    house_->context.transactions.undeliverable(beginning, flow, now);
    house_->settle();
}

void B2bua::on_policy(policy::SnapshotPtr policy, base::Time now) {
    house_->begin(now);
    take_over(house_->context, std::move(policy));
    house_->settle();
}

void B2bua::on_located(base::PeerId peer, std::vector<sip::Server> servers, base::Time now) {
    house_->begin(now);
    place_servers(house_->context, peer, std::move(servers));
    house_->settle();
}

DialogAnswerPtr B2bua::find_dialog(const DialogQuestion& question) { return answer_to(house_->context, question); }

void B2bua::on_dialog(std::uint64_t question, DialogAnswerPtr answer, base::Time now) {
    house_->begin(now);
    if (auto* call = dialog_answered(house_->context, question, answer)) house_->sweep(*call);
    house_->settle();
}

void B2bua::advance(base::Time now) {
    house_->begin(now);
    house_->context.timers.advance(now, [this](const Alarm& alarm) { house_->on_alarm(alarm); });
    house_->context.transactions.advance(now);
    house_->settle();
}

base::Time B2bua::next_deadline() const {
    return std::min(house_->context.timers.next_deadline(), house_->context.transactions.next_deadline());
}

std::vector<Effect> B2bua::take_effects() { return std::exchange(house_->context.effects, {}); }

bool B2bua::hang_up(std::string_view call_id, base::Time now) {
    house_->begin(now);
    for (const auto& [number, call] : house_->context.calls) {
        if (call->id != call_id || call->kind != Call::Kind::invite) continue;
        end_by_command(house_->context, *call, base::Reason::hung_up);
        house_->sweep(*call);
        house_->settle();
        return true;
    }
    return false;
}

void B2bua::hang_up_all(base::Time now) {
    house_->begin(now);
    for (const auto& [number, call] : house_->context.calls)
        end_by_command(house_->context, *call, base::Reason::shutting_down);
    house_->sweep_all();
    house_->settle();
}

void B2bua::leave_carriers(base::Time now) {
    house_->begin(now);
    sbc::leave_carriers(house_->context);
    house_->settle();
}

bool B2bua::restore(std::string_view key, std::string_view record, base::Time now) {
    house_->begin(now);
    const bool lives = restore_from_journal(house_->context, key, record);
    house_->settle();
    return lives;
}

void B2bua::drain(bool on) { house_->context.draining = on; }

void B2bua::drain(std::string_view peer, bool on) {
    auto& draining = house_->context.targets.draining;
    if (on) draining.emplace(peer);
    else if (const auto found = draining.find(peer); found != draining.end()) draining.erase(found);
}

std::vector<CallView> B2bua::calls() const { return view_calls(house_->context); }
std::vector<RegistrationView> B2bua::registrations() const { return view_registrations(house_->context); }
std::vector<PeerView> B2bua::peers() const { return view_peers(house_->context); }
const Refusals& B2bua::refusals() const { return house_->context.refusals; }
Totals B2bua::totals() const { return view_totals(house_->context); }

}  // namespace sbc
