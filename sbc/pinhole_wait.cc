#include "sbc/pinhole_wait.hh"

#include <algorithm>
#include <map>

#include "base/log.hh"
#include "sbc/call_branches.hh"
#include "sbc/call_life.hh"
#include "sbc/call_media.hh"
#include "sbc/call_transfer.hh"
#include "sbc/context.hh"
#include "sbc/crossing.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

using nft::Change;

void put(std::vector<nft::Pinhole>& open, const nft::Pinhole& pinhole, bool there) {
    const auto place = std::ranges::lower_bound(open, pinhole);
    const bool is_there = place != open.end() && *place == pinhole;
    if (there && !is_there) open.insert(place, pinhole);
    if (!there && is_there) open.erase(place);
}

void put_all(std::vector<nft::Pinhole>& open, const std::vector<Change>& changes) {
    for (const auto& change : changes) put(open, change.pinhole, change.kind == Change::Kind::open);
}

// What is open once the kernel has carried out what it was asked for and has not refused.
void reckon(const Context& context, Call& call) {
    std::map<std::uint64_t, const std::vector<Change>*> unanswered;
    for (const auto& [token, request] : context.pinhole_requests)
        if (request.call == call.number) unanswered.emplace(token, &request.changes);
    call.open = call.confirmed;
    for (const auto& [token, changes] : unanswered) put_all(call.open, *changes);
}

// Asks the kernel. What closes only needs no answer, but for its place in the order. Answers what waits for one.
PinholeRequest* ask(Context& context, Call& call, std::vector<Change> changes) {
    if (changes.empty()) return nullptr;
    if (!opens_any(changes) && !call.unanswered.value) {
        context.change_pinholes({}, std::move(changes));
        return nullptr;
    }
    if (!call.unanswered.value) {
        call.confirmed = call.open;
        for (const auto& change : changes) put(call.confirmed, change.pinhole, change.kind == Change::Kind::close);
    }
    const PinholeToken token{++context.last_token};
    call.unanswered = token;
    context.change_pinholes(token, changes);
    return &(context.pinhole_requests[token.value] = {call.number, std::move(changes), {}});
}

PinholeRequest* last_unanswered(Context& context, const Call& call) {
    const auto found = context.pinhole_requests.find(call.unanswered.value);
    return found == context.pinhole_requests.end() ? nullptr : &found->second;
}

// One of the opened ports was closed to everybody before.
bool opens_new_port(const std::vector<Change>& changes, const std::vector<nft::Pinhole>& before) {
    return std::ranges::any_of(changes, [&](const Change& change) {
        return change.kind == Change::Kind::open &&
               std::ranges::find(before, change.pinhole.local, &nft::Pinhole::local) == before.end();
    });
}

// An earlier response of the same transaction waits: this one may not overtake it.
bool is_waited_for(const Context& context, const Call& call, sip::ServerId server) {
    return std::ranges::any_of(context.pinhole_requests, [&](const auto& entry) {
        return entry.second.call == call.number &&
               std::ranges::find(entry.second.waiting, server, &Waiting::server) != entry.second.waiting.end();
    });
}

void send(Context& context, Call& call, Waiting waiting) {
    if (waiting.server.value) send_response(context, call, waiting.server, std::move(waiting.message));
    else send_request(context, call, std::move(waiting.exchange), std::move(waiting.message));
}

// The call is over before it was sent. The first request of a call has had its answer.
void drop(Context& context, const Call& call, Waiting waiting) {
    if (!call.speaks && waiting.message.method() == sip::Method::invite) return;   // other branches do
    if (waiting.server.value) return refuse(context, waiting.server, 487, waiting.message.to_tag());
    if (!waiting.exchange.server.value || waiting.exchange.first) return;
    refuse(context, waiting.exchange.server, 487, {});
    context.servers.erase(waiting.exchange.server);
}

// Nobody can use what it describes: the request that stands behind it fails.
void fail(Context& context, Call& call, Waiting waiting, base::Reason why) {
    if (call.succession) return break_off(context, call, base::sip_status_of(why));
    if (call.setup) {
        for (const auto& exchange : call.exchanges)
            if (exchange.first) context.transactions.cancel(exchange.client, {}, context.now);
        const int status = base::sip_status_of(why);
        const auto& tag = call.pairs.front()->dialogs[at(Side::a)].local_tag;
        return fail_setup(context, call, {refusal(context, call.setup->server, status ? status : 500, tag), base::name_of(why)});
    }
    const auto* answered = call.exchange_of(waiting.server);
    const auto& exchange = answered ? *answered : waiting.exchange;
    if (!exchange.pair) return hang_up(context, call, why);
    auto& pair = *exchange.pair;
    refuse(context, answered ? waiting.server : exchange.server, why, pair.dialogs[at(exchange.from)].local_tag);
    if (answered) return hang_up(context, call, why);   // the far side has answered: there is no way back
    context.servers.erase(exchange.server);
    roll_back_offer(context, call, pair);
    settle_pinholes(context, call);
}

}  // namespace

void send_request_after_pinholes(Context& context, Call& call, Exchange exchange, sip::Message message) {
    auto* request = ask(context, call, pinhole_changes(call));
    if (!request) request = last_unanswered(context, call);
    if (!request) return send_request(context, call, std::move(exchange), std::move(message));
    request->waiting.push_back({{}, std::move(exchange), std::move(message)});
}

void send_response_after_pinholes(Context& context, Call& call, sip::ServerId server, sip::Message message) {
    const auto before = call.open;
    const bool tells = has_description(message), unsure = last_unanswered(context, call);
    auto changes = pinhole_changes(call);
    const bool new_port = opens_new_port(changes, before);
    ask(context, call, std::move(changes));
    auto* request = last_unanswered(context, call);
    // What only narrows need not be waited for: the other side was told of that port before.
    const bool must_wait = (tells && (new_port || unsure)) || is_waited_for(context, call, server);
    if (!request || !must_wait)
        return send_response(context, call, server, std::move(message));
    request->waiting.push_back({server, {}, std::move(message)});
}

void pinholes_answered(Context& context, PinholeRequest request, PinholeToken token, std::optional<base::Reason> refused) {
    auto* call = context.call(request.call);
    if (!call) return;
    if (call->unanswered == token) call->unanswered = {};
    if (!refused) {
        put_all(call->confirmed, request.changes);
    } else {
        base::log::warning("pinhole_refused", base::log::Fields("call", call->id)("why", base::text_of(*refused)));
        reckon(context, *call);
        if (call->state == Call::State::terminating) settle_pinholes(context, *call);
    }
    for (auto& waiting : request.waiting) {
        if (call->state == Call::State::terminating) drop(context, *call, std::move(waiting));
        else if (refused && !waiting.message.body().empty()) fail(context, *call, std::move(waiting), *refused);
        else send(context, *call, std::move(waiting));
    }
}

void settle_pinholes(Context& context, Call& call) { ask(context, call, pinhole_changes(call)); }

void drop_waiting(Context& context, Call& call) {
    for (auto& [token, request] : context.pinhole_requests) {
        if (request.call != call.number) continue;
        for (auto& waiting : std::exchange(request.waiting, {})) drop(context, call, std::move(waiting));
    }
}

}  // namespace sbc
