#include "sip/non_invite_server.hh"

namespace sip {

using State = NonInviteServer::State;

ServerId NonInviteServers::open(ServerOpening opening) {
    const ServerId id{table_.open(opening.key, opening.flow, context_->keys.flow(opening.flow))};
    table_.row(id.value)->state.reply = std::move(opening.reply);
    return id;
}

// Nothing before the first response (17.2.2).
void NonInviteServers::on_retransmission(ServerId id) {
    if (Row* const row = table_.row(id.value)) row->state.reply.send_last(*context_, row->flow);
}

void NonInviteServers::respond(ServerId id, const Message& response) {
    Row* const row = table_.row(id.value);
    if (!row || row->state.state == State::completed) return;
    NonInviteServer& server = row->state;
    server.reply.last = wire(response);
    server.reply.send_last(*context_, row->flow);
    if (response.status() < 200) {
        server.state = State::proceeding;
        return;
    }
    server.state = State::completed;
    server.reply.skeleton.clear();
    if (response.status() >= 300) server.reply.leave_merged(*context_);
    if (base::is_reliable(row->flow.transport)) close(id);
    else context_->arm(server.limit, 64 * context_->durations.t1, id.value, TimerName::j);
}

void NonInviteServers::transport_failed(const base::Flow& flow, const Key& flow_key) {
    if (!base::is_reliable(flow.transport)) return;
    table_.each_on(flow_key, [&](std::uint64_t id, Row& row) {
        if (!concerns(flow, row.flow) || row.state.reply.cut_off) return;
        row.state.reply.cut_off = true;
        if (row.state.state != State::completed) context_->tell(ServerFailed{{id}, base::Reason::transport_failed});
    });
}

void NonInviteServers::close(ServerId id) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    row->state.reply.leave_merged(*context_);
    context_->wheel.cancel(row->state.limit);
    table_.erase(id.value);
}

}  // namespace sip
