#include "sip/non_invite_client.hh"

#include <algorithm>

namespace sip {

ClientId NonInviteClients::open(const Key& key, const base::Flow& flow, std::shared_ptr<const std::string> bytes,
                                Reports reports, FallbackPtr fallback) {
    const ClientId id{table_.open(key, flow, context_->keys.flow(flow))};
    Row& row = *table_.row(id.value);
    row.state.silent = reports == Reports::none;
    row.state.fallback = std::move(fallback);
    send(id, row, std::move(bytes));
    return id;
}

void NonInviteClients::send(ClientId id, Row& row, std::shared_ptr<const std::string> bytes) {
    NonInviteClient& client = row.state;
    context_->send(row.flow, bytes);
    context_->arm(client.limit, 64 * context_->durations.t1, id.value, TimerName::f);
    if (base::is_reliable(row.flow.transport)) return;
    client.bytes = std::move(bytes);
    client.interval = context_->durations.t1;
    context_->arm(client.retransmission, client.interval, id.value, TimerName::e);
}

// No patience as for an INVITE: an answer may take as long as it likes, only the stream's own failure says something.
void NonInviteClients::fall_back(ClientId id, Row& row) {
    const auto fallback = std::move(row.state.fallback);
    context_->tell(StreamRefused{row.flow});
    table_.move(id.value, fallback->flow, context_->keys.flow(fallback->flow));
    send(id, row, fallback->bytes);
}

void NonInviteClients::on_response(ClientId id, Message response, const base::Flow& flow) {
    Row* const row = table_.row(id.value);
    if (!row || row->state.state == NonInviteClient::State::completed) return;
    NonInviteClient& client = row->state;
    const bool silent = client.silent;
    client.fallback.reset();
    if (response.status() < 200) {
        client.state = NonInviteClient::State::proceeding;
    } else {
        client.state = NonInviteClient::State::completed;
        client.bytes.reset();
        context_->wheel.cancel(client.retransmission);
        if (base::is_reliable(row->flow.transport)) close(id);
        else context_->arm(client.limit, context_->durations.t4, id.value, TimerName::k);
    }
    if (!silent) context_->tell(ResponseArrived{id, std::move(response), flow});
}

void NonInviteClients::on_timer(const TransactionTimer& timer) {
    Row* const row = table_.row(timer.id);
    if (!row) return;
    if (timer.name == TimerName::e) retransmit({timer.id}, *row);
    else if (timer.name == TimerName::f) fail({timer.id}, *row, base::Reason::request_timeout);
    else close({timer.id});
}

// E doubles up to T2 while Trying, and is T2 once a provisional response has come (17.1.2.2).
void NonInviteClients::retransmit(ClientId id, Row& row) {
    NonInviteClient& client = row.state;
    const base::Duration most = context_->durations.t2;
    client.interval = client.state == NonInviteClient::State::proceeding ? most : std::min(2 * client.interval, most);
    context_->send(row.flow, client.bytes);
    context_->arm(client.retransmission, client.interval, id.value, TimerName::e);
}

void NonInviteClients::fail(ClientId id, Row& row, base::Reason reason) {
    if (!row.state.silent) context_->tell(ClientFailed{id, reason});
    close(id);
}

// What has had its final response waits for K only, and needs no flow.
void NonInviteClients::transport_failed(const base::Flow& flow, const Key& flow_key) {
    table_.each_on(flow_key, [&](std::uint64_t id, Row& row) {
        if (!concerns(flow, row.flow) || row.state.state == NonInviteClient::State::completed) return;
        if (row.state.fallback) fall_back({id}, row);
        else fail({id}, row, base::Reason::transport_failed);
    });
}

void NonInviteClients::undeliverable(const Key& key, const base::Flow& flow) {
    const ClientId id{table_.find(key)};
    Row* const row = table_.row(id.value);
    if (row && row->state.state == NonInviteClient::State::trying && row->flow.remote == flow.remote)
        fail(id, *row, base::Reason::transport_failed);
}

void NonInviteClients::close(ClientId id) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    context_->wheel.cancel(row->state.retransmission);
    context_->wheel.cancel(row->state.limit);
    table_.erase(id.value);
}

}  // namespace sip
