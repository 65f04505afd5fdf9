#include "sbc/call_upkeep.hh"

#include <algorithm>

#include "base/log.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/registration.hh"
#include "sbc/relay_request.hh"

namespace sbc {

void source_latched(Context& context, Call& call, const media::Latched& latched) {
    for (auto& pair : call.pairs)
        for (auto& line : pair->lines) {
            auto& known = line.latched[at(latched.side)];
            if (line.stream == latched.stream) {
                known[static_cast<std::size_t>(latched.component)] = latched.remote;
                base::log::info("media_latched", base::log::Fields("call", call.id)("local", latched.local.to_string())(
                                                     "remote", latched.remote.to_string()));
            } else if (const auto& end = line.ends[at(latched.side)];
                       end.rtp_local == latched.local || end.rtcp_local == latched.local) {   // a fork that guessed wrong
                std::ranges::replace(known, std::optional(latched.remote), std::nullopt);
            }
        }
    settle_pinholes(context, call);
}

void check_media(Context& context, Call& call) {
    const auto& rules = call.policy->zone(call.party(Side::a).zone).media_rules;
    const bool has_media = std::ranges::any_of(call.chosen->lines, [](const MediaLine& line) { return line.active; });
    const auto limit = is_on_hold(call) ? rules.inactivity_on_hold : rules.inactivity;
    const auto due = last_media(context, call) + limit;
    if (has_media && limit > base::Duration{0} && context.now >= due)
        return hang_up(context, call, base::Reason::media_inactive);
    const auto next = std::max(due, context.now + std::chrono::seconds(1));
    call.media_timer = context.timers.arm(std::min(next, context.now + rules.inactivity),
                                          {Alarm::Kind::media_check, call.number.value, 0});
}

void time_is_up(Context& context, Call& call) {
    if (call.kind == Call::Kind::subscription) return terminate(context, call, "expired");
    base::log::info("call_too_long", base::log::Fields("call", call.id));
    hang_up(context, call, base::Reason::request_timeout);
}

void end_by_command(Context& context, Call& call, base::Reason why) {
    if (call.state == Call::State::terminating) return;
    if (call.state == Call::State::early && call.setup) {
        end_other_branches(context, call, {});
        for (const auto& exchange : call.exchanges) context.transactions.cancel(exchange.client, {}, context.now);
        const auto& tag = call.pairs.front()->dialogs[at(Side::a)].local_tag;
        return fail_setup(context, call, {refusal(context, call.setup->server, 503, tag), base::name_of(why)});
    }
    hang_up(context, call, why);
}

void connection_lost(Context& context, const base::Flow& flow) {
    if (!flow.connection.value) return;
    for (const auto& [number, call] : context.calls)
        for (auto& party : call->parties)
            if (party.flow.connection == flow.connection) party.flow.connection = {};
}

void take_over(Context& context, policy::SnapshotPtr policy) {
    context.policy = std::move(policy);
    renumber_registrations(context);
    context.admission.take_over(context.policy);
    context.pools.take_over(*context.policy);
    set_up_targets(context);
    settle_carriers(context);
}

}  // namespace sbc
