#include "sip/invite_client.hh"

namespace sip {
namespace {

// In T1: who gets an INVITE says 100 within 200 ms (17.2.1), so this is a stream that nobody has accepted.
constexpr int kPatience = 4;

}  // namespace

using State = InviteClient::State;

ClientId InviteClients::open(const Key& key, const base::Flow& flow, const Message& invite,
                             std::shared_ptr<const std::string> bytes, FallbackPtr fallback) {
    const ClientId id{table_.open(key, flow, context_->keys.flow(flow))};
    Row& row = *table_.row(id.value);
    InviteClient& client = row.state;
    client.companions = InviteCompanions(invite);
    client.fallback = std::move(fallback);
    if (!base::is_reliable(flow.transport)) {
        send_datagrams(id, row, std::move(bytes));
        return id;
    }
    context_->send(flow, std::move(bytes));
    context_->arm(client.limit, 64 * context_->durations.t1, id.value, TimerName::b);
    if (client.fallback) context_->arm(client.retransmission, kPatience * context_->durations.t1, id.value, TimerName::a);
    return id;
}

void InviteClients::send_datagrams(ClientId id, Row& row, std::shared_ptr<const std::string> bytes) {
    InviteClient& client = row.state;
    context_->send(row.flow, bytes);
    context_->arm(client.limit, 64 * context_->durations.t1, id.value, TimerName::b);
    client.bytes = std::move(bytes);
    client.interval = context_->durations.t1;
    context_->arm(client.retransmission, client.interval, id.value, TimerName::a);
}

// The branch stays: a peer that has had the request by the stream after all takes this for a retransmission.
void InviteClients::fall_back(ClientId id, Row& row) {
    const auto fallback = std::move(row.state.fallback);
    context_->tell(StreamRefused{row.flow});
    table_.move(id.value, fallback->flow, context_->keys.flow(fallback->flow));
    if (const auto invite = Message::parse(*fallback->bytes)) row.state.companions = InviteCompanions(*invite);
    send_datagrams(id, row, fallback->bytes);
}

void InviteClients::on_response(ClientId id, Message response, const base::Flow& flow) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    const int status = response.status();
    const bool waiting = row->state.state == State::calling || row->state.state == State::proceeding;
    if (waiting) {
        if (status < 200) provisional(id, *row);
        else if (status < 300) accept(id, *row);
        else complete(id, *row, response);
    } else if (row->state.state == State::completed) {
        if (status >= 300) context_->send(row->flow, row->state.bytes);
        return;
    } else if (status < 200 || status >= 300) {
        return;  // RFC 6026, 7.2: Accepted hears 2xx only, of every fork
    }
    context_->tell(ResponseArrived{id, std::move(response), flow});
}

void InviteClients::provisional(ClientId id, Row& row) {
    InviteClient& client = row.state;
    if (client.state == State::proceeding) return;
    client.state = State::proceeding;
    client.bytes.reset();
    client.fallback.reset();
    context_->wheel.cancel(client.retransmission);
    context_->wheel.cancel(client.limit);
    if (client.cancel_wanted) send_cancel(id, row);
}

void InviteClients::accept(ClientId id, Row& row) {
    forget_request(row.state);
    row.state.state = State::accepted;
    context_->arm(row.state.limit, 64 * context_->durations.t1, id.value, TimerName::m);
}

// Over a stream D is zero: the transaction ends with its ACK.
void InviteClients::complete(ClientId id, Row& row, const Message& response) {
    auto ack = wire(row.state.companions.ack(response));
    context_->send(row.flow, ack);
    if (base::is_reliable(row.flow.transport)) return close(id);
    forget_request(row.state);
    row.state.bytes = std::move(ack);
    row.state.state = State::completed;
    context_->arm(row.state.limit, context_->durations.d, id.value, TimerName::d);
}

void InviteClients::forget_request(InviteClient& client) {
    context_->wheel.cancel(client.retransmission);
    client.bytes.reset();
    client.fallback.reset();
    client.companions.clear();
    std::string().swap(client.cancel_reason);
}

void InviteClients::cancel(ClientId id, std::string_view reason_header) {
    Row* const row = table_.row(id.value);
    if (!row || row->state.cancelled || row->state.cancel_wanted) return;
    if (row->state.state != State::calling && row->state.state != State::proceeding) return;
    row->state.cancel_reason = reason_header;
    row->state.cancel_wanted = true;
    if (row->state.state == State::proceeding) send_cancel(id, *row);
}

void InviteClients::send_cancel(ClientId id, Row& row) {
    InviteClient& client = row.state;
    client.cancelled = true;
    const Message request = client.companions.cancel(client.cancel_reason);
    std::string().swap(client.cancel_reason);
    const Key key = context_->keys.client(branch_of(request), request.method_text());
    others_->open(key, row.flow, wire(request), NonInviteClients::Reports::none);
    context_->arm(client.limit, 64 * context_->durations.t1, id.value, TimerName::cancelled);
}

void InviteClients::on_timer(const TransactionTimer& timer) {
    Row* const row = table_.row(timer.id);
    if (!row) return;
    if (timer.name == TimerName::a && row->state.fallback) fall_back({timer.id}, *row);
    else if (timer.name == TimerName::a) retransmit({timer.id}, *row);
    else if (timer.name == TimerName::d || timer.name == TimerName::m) close({timer.id});
    else fail({timer.id}, base::Reason::request_timeout);
}

void InviteClients::retransmit(ClientId id, Row& row) {
    row.state.interval *= 2;
    context_->send(row.flow, row.state.bytes);
    context_->arm(row.state.retransmission, row.state.interval, id.value, TimerName::a);
}

void InviteClients::fail(ClientId id, base::Reason reason) {
    context_->tell(ClientFailed{id, reason});
    close(id);
}

// After the final response the flow matters no more: further 2xx may come by another one.
void InviteClients::transport_failed(const base::Flow& flow, const Key& flow_key) {
    table_.each_on(flow_key, [&](std::uint64_t id, Row& row) {
        const bool waiting = row.state.state == State::calling || row.state.state == State::proceeding;
        if (!waiting || !concerns(flow, row.flow)) return;
        if (row.state.fallback) fall_back({id}, row);
        else fail({id}, base::Reason::transport_failed);
    });
}

void InviteClients::undeliverable(const Key& key, const base::Flow& flow) {
    const ClientId id{table_.find(key)};
    const Row* const row = table_.row(id.value);
    if (row && row->state.state == State::calling && row->flow.remote == flow.remote) fail(id, base::Reason::transport_failed);
}

void InviteClients::close(ClientId id) {
    Row* const row = table_.row(id.value);
    if (!row) return;
    context_->wheel.cancel(row->state.retransmission);
    context_->wheel.cancel(row->state.limit);
    table_.erase(id.value);
}

}  // namespace sip
