#include "sip/invite_server.hh"

#include <algorithm>

namespace sip {

using State = InviteServer::State;

ServerId InviteServers::open(ServerOpening opening, bool old_style) {
    const ServerId id{table_.open(opening.key, opening.flow, context_->keys.flow(opening.flow))};
    InviteServer& server = table_.row(id.value)->state;
    server.old_style = old_style;
    server.reply = std::move(opening.reply);
    return id;
}

// 8.2.6.1: a 100 repeats the Timestamp.
void InviteServers::send_trying(ServerId id, const Message& request) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    Message trying = row->state.reply.skeleton.respond(100, {});
    if (const auto timestamp = request.value(HeaderName::timestamp); !timestamp.empty())
        trying.add(HeaderName::timestamp, timestamp);
    row->state.reply.last = wire(trying);
    row->state.reply.send_last(*context_, row->flow);
}

// Accepted and Confirmed have nothing to send: RFC 6026, 7.1 absorbs what would have been a second call.
void InviteServers::on_retransmission(ServerId id) {
    if (Row* const row = table_.row(id.value)) row->state.reply.send_last(*context_, row->flow);
}

InviteServers::Ack InviteServers::on_ack(ServerId id, const Message& ack) {
    Row* const row = table_.row(id.value);
    if (!row) return Ack::stray;
    InviteServer& server = row->state;
    switch (server.state) {
        case State::accepted: return Ack::for_2xx;
        case State::confirmed: return Ack::absorbed;
        case State::proceeding: return Ack::stray;
        case State::completed: break;
    }
    if (server.old_style && ack.to_tag() != server.to_tag) return Ack::stray;
    server.state = State::confirmed;
    server.reply.last.reset();
    context_->wheel.cancel(server.retransmission);
    if (base::is_reliable(row->flow.transport)) close(id);
    else context_->arm(server.limit, context_->durations.t4, id.value, TimerName::i);
    return Ack::absorbed;
}

void InviteServers::respond(ServerId id, const Message& response) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    InviteServer& server = row->state;
    const int status = response.status();
    const bool is_2xx = status >= 200 && status < 300;
    if (server.state != State::proceeding && !(server.state == State::accepted && is_2xx)) return;
    server.reply.last = wire(response);
    server.reply.send_last(*context_, row->flow);
    if (server.state == State::accepted) {
        server.reply.last.reset();
        return;
    }
    if (const auto tag = response.to_tag(); status > 100 && !tag.empty()) server.to_tag = tag;
    if (is_2xx) accept(id, *row);
    else if (status >= 300) complete(id, *row);
}

void InviteServers::accept(ServerId id, Row& row) {
    row.state.state = State::accepted;
    row.state.reply.skeleton.clear();
    row.state.reply.last.reset();
    context_->arm(row.state.limit, 64 * context_->durations.t1, id.value, TimerName::l);
}

void InviteServers::complete(ServerId id, Row& row) {
    InviteServer& server = row.state;
    server.state = State::completed;
    server.reply.skeleton.clear();
    server.reply.leave_merged(*context_);
    context_->arm(server.limit, 64 * context_->durations.t1, id.value, TimerName::h);
    if (base::is_reliable(row.flow.transport)) return;
    server.interval = context_->durations.t1;
    context_->arm(server.retransmission, server.interval, id.value, TimerName::g);
}

void InviteServers::on_timer(const TransactionTimer& timer) {
    Row* const row = table_.row(timer.id);
    if (!row) return;
    if (timer.name != TimerName::g) {
        if (timer.name == TimerName::h && !row->state.reply.silent)
            context_->tell(ServerFailed{{timer.id}, base::Reason::request_timeout});
        return close({timer.id});
    }
    row->state.reply.send_last(*context_, row->flow);
    row->state.interval = std::min(2 * row->state.interval, context_->durations.t2);
    context_->arm(row->state.retransmission, row->state.interval, timer.id, TimerName::g);
}

// The transaction user hears it while an answer is still due; a stream that closes after the answer is no failure.
void InviteServers::transport_failed(const base::Flow& flow, const Key& flow_key) {
    if (!base::is_reliable(flow.transport)) return;
    table_.each_on(flow_key, [&](std::uint64_t id, Row& row) {
        if (!concerns(flow, row.flow) || row.state.reply.cut_off) return;
        row.state.reply.cut_off = true;
        if (row.state.state == State::proceeding)
            context_->tell(ServerFailed{{id}, base::Reason::transport_failed});
    });
}

void InviteServers::close(ServerId id) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    row->state.reply.leave_merged(*context_);
    context_->wheel.cancel(row->state.retransmission);
    context_->wheel.cancel(row->state.limit);
    table_.erase(id.value);
}

}  // namespace sip
