// The coordinator: names the transaction that a message belongs to and hands it to its machine.
#include "sip/transactions.hh"

#include <array>

#include "base/text.hh"
#include "sip/invite_client.hh"
#include "sip/invite_server.hh"
#include "sip/non_invite_client.hh"
#include "sip/non_invite_server.hh"

namespace sip {
namespace {

constexpr std::size_t kRandomBranchCharacters = 22;  // 132 bits
constexpr std::size_t kTagCharacters = 12;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string our_via(const base::Flow& flow, std::string_view sent_by, std::string_view branch) {
    std::string via("SIP/2.0/");
    (via += base::via_name_of(flow.transport)) += ' ';
    if (sent_by.empty()) via += flow.local.to_string();
    else via += sent_by;
    (via += ";branch=") += branch;
    if (flow.transport == base::Transport::udp) via += ";rport";
    return via;
}

bool is_non_invite(std::uint64_t id) { return (id & kNonInviteMark) != 0; }

}  // namespace

struct Transactions::Tables {
    Tables(base::WorkerId worker_number, base::Entropy& entropy_door, const TransactionTimers& timers)
        : worker(worker_number), entropy(&entropy_door), context(entropy_door, timers), non_invite_servers(context),
          invite_servers(context), non_invite_clients(context), invite_clients(context, non_invite_clients) {}

    // An idle wheel is set to the present for nothing; otherwise it would have to turn there tick by tick.
    void begin(base::Time now) {
        context.now = now;
        if (!context.wheel.armed()) context.wheel.advance(now, [](const TransactionTimer&) {});
    }

    void on_request(Message request, const base::Flow& flow);
    void on_ack(Message ack, const Via& top, const base::Flow& flow);
    void on_cancel(Message cancel, const Via& top, const base::Flow& flow);
    void on_response(Message response, const base::Flow& flow);
    bool is_retransmission(const Message& request, const Key& key);
    ServerOpening opening_of(const Message& request, const Via& top, const Key& key, const base::Flow& flow);
    ServerId open(ServerOpening opening, const Message& request, const Via& top);
    void answer(ServerId id, int status, std::string_view to_tag);
    const ResponseSkeleton* skeleton_of(ServerId id);
    std::string make_branch();
    std::string add_via(Message& request, const base::Flow& flow, std::string_view sent_by);
    void fire(const TransactionTimer& timer);

    base::WorkerId worker;
    base::Entropy* entropy;
    TransactionContext context;
    NonInviteServers non_invite_servers;
    InviteServers invite_servers;
    NonInviteClients non_invite_clients;
    InviteClients invite_clients;
};

void Transactions::Tables::on_request(Message request, const base::Flow& flow) {
    const auto top = Via::parse(top_via_of(request));
    if (!top) return context.tell(Refused{base::Reason::bad_header, flow});
    if (request.method() == Method::ack) return on_ack(std::move(request), *top, flow);
    const Key key = context.keys.server(request, *top, request.method_text());
    if (is_retransmission(request, key)) return;
    if (request.method() == Method::cancel) return on_cancel(std::move(request), *top, flow);

    ServerOpening opening = opening_of(request, *top, key, flow);
    if (request.to_tag().empty()) {
        opening.reply.merged = context.keys.merged(request);
        opening.reply.silent = context.merged.find(opening.reply.merged) != 0;
        opening.reply.mergeable = !opening.reply.silent;
    }
    const bool merged = opening.reply.silent;
    const ServerId id = open(std::move(opening), request, *top);
    if (merged) {
        answer(id, base::sip_status_of(base::Reason::merged_request), entropy->token(kTagCharacters));
        return context.tell(Refused{base::Reason::merged_request, flow});
    }
    if (request.method() == Method::invite) invite_servers.send_trying(id, request);
    context.tell(RequestArrived{id, std::move(request), flow});
}

bool Transactions::Tables::is_retransmission(const Message& request, const Key& key) {
    const bool invite = request.method() == Method::invite;
    const ServerId id{invite ? invite_servers.find(key) : non_invite_servers.find(key)};
    if (!id.value) return false;
    if (invite) invite_servers.on_retransmission(id);
    else non_invite_servers.on_retransmission(id);
    return true;
}

ServerOpening Transactions::Tables::opening_of(const Message& request, const Via& top, const Key& key,
                                               const base::Flow& flow) {
    ServerOpening opening{key, flow, {}};
    opening.reply.skeleton = ResponseSkeleton(request, top, flow);
    opening.reply.port = response_flow(top, flow).remote.port;
    return opening;
}

ServerId Transactions::Tables::open(ServerOpening opening, const Message& request, const Via& top) {
    const bool mergeable = opening.reply.mergeable;
    const Key merged = opening.reply.merged;
    const ServerId id = request.method() == Method::invite
                            ? invite_servers.open(std::move(opening), !is_rfc3261(top))
                            : non_invite_servers.open(std::move(opening));
    if (mergeable) context.merged.put(merged, id.value);
    return id;
}

void Transactions::Tables::on_ack(Message ack, const Via& top, const base::Flow& flow) {
    const ServerId id{invite_servers.find(context.keys.server(ack, top, name_of(Method::invite)))};
    const auto what = id.value ? invite_servers.on_ack(id, ack) : InviteServers::Ack::for_2xx;
    if (what == InviteServers::Ack::for_2xx) context.tell(AckArrived{std::move(ack), flow});
    else if (what == InviteServers::Ack::stray) context.tell(Refused{base::Reason::stray_ack, flow});
}

// 9.2: whether or not the INVITE can still be cancelled, the CANCEL has its 200.
void Transactions::Tables::on_cancel(Message cancel, const Via& top, const base::Flow& flow) {
    const Key own_key = context.keys.server(cancel, top, cancel.method_text());
    const ServerId invite{invite_servers.find(context.keys.server(cancel, top, name_of(Method::invite)))};
    const auto* const row = invite_servers.row(invite);
    const ServerId id = open(opening_of(cancel, top, own_key, flow), cancel, top);
    if (!row) {
        answer(id, 481, entropy->token(kTagCharacters));
        return context.tell(Refused{base::Reason::no_such_dialog, flow});
    }
    const std::string to_tag = row->state.to_tag.empty() ? entropy->token(kTagCharacters) : row->state.to_tag;
    answer(id, 200, to_tag);
    if (row->state.state == InviteServer::State::proceeding)
        context.tell(CancelArrived{invite, std::move(cancel), flow});
}

void Transactions::Tables::on_response(Message response, const base::Flow& flow) {
    const std::string_view via = response.value(HeaderName::via);
    const std::string_view top = top_via_of(response);
    // 8.1.3.3: what we sent had one Via. A further one stands behind a comma, or in a line of its own.
    int lines = 0;
    for (const Header& header : response.headers()) lines += header.id == HeaderName::via;
    const bool single = lines == 1 && base::trimmed(via).size() == top.size();
    const Key key = context.keys.client(branch_of(response), response.method_text());
    const bool invite = response.method() == Method::invite;
    const ClientId id{!single ? 0 : invite ? invite_clients.find(key) : non_invite_clients.find(key)};
    if (!id.value) return context.tell(Refused{base::Reason::stray_response, flow});
    if (invite) invite_clients.on_response(id, std::move(response), flow);
    else non_invite_clients.on_response(id, std::move(response), flow);
}

void Transactions::Tables::answer(ServerId id, int status, std::string_view to_tag) {
    const ResponseSkeleton* const skeleton = skeleton_of(id);
    if (!skeleton) return;
    const Message response = skeleton->respond(status, to_tag);
    if (is_non_invite(id.value)) non_invite_servers.respond(id, response);
    else invite_servers.respond(id, response);
}

const ResponseSkeleton* Transactions::Tables::skeleton_of(ServerId id) {
    if (is_non_invite(id.value)) {
        const auto* const row = non_invite_servers.row(id);
        return row ? &row->state.reply.skeleton : nullptr;
    }
    const auto* const row = invite_servers.row(id);
    return row ? &row->state.reply.skeleton : nullptr;
}

std::string Transactions::Tables::make_branch() {
    std::string branch(kMagicCookie);
    branch += kHexDigits[worker.value >> 4];
    branch += kHexDigits[worker.value & 15];
    return branch += entropy->token(kRandomBranchCharacters);
}

// Adds our Via before all others and answers its branch.
std::string Transactions::Tables::add_via(Message& request, const base::Flow& flow, std::string_view sent_by) {
    auto branch = make_branch();
    request.add_front(HeaderName::via, our_via(flow, sent_by, branch));
    return branch;
}

void Transactions::Tables::fire(const TransactionTimer& timer) {
    switch (timer.name) {
        case TimerName::a: case TimerName::b: case TimerName::d: case TimerName::m: case TimerName::cancelled:
            return invite_clients.on_timer(timer);
        case TimerName::e: case TimerName::f: case TimerName::k: return non_invite_clients.on_timer(timer);
        case TimerName::g: case TimerName::h: case TimerName::i: case TimerName::l:
            return invite_servers.on_timer(timer);
        case TimerName::j: return non_invite_servers.on_timer(timer);
    }
}

Transactions::Transactions(base::WorkerId worker, base::Entropy& entropy, const TransactionTimers& timers)
    : tables_(std::make_unique<Tables>(worker, entropy, timers)) {}
Transactions::~Transactions() = default;

std::optional<base::WorkerId> Transactions::worker_of_branch(std::string_view branch) {
    if (!base::starts_with_ignoring_case(branch, kMagicCookie) || branch.size() < kMagicCookie.size() + 2)
        return std::nullopt;
    const auto high = kHexDigits.find(branch[kMagicCookie.size()]);
    const auto low = kHexDigits.find(branch[kMagicCookie.size() + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return base::WorkerId{static_cast<std::uint8_t>(high << 4 | low)};
}

void Transactions::receive(Message message, const base::Flow& flow, base::Time now) {
    tables_->begin(now);
    if (message.is_request()) tables_->on_request(std::move(message), flow);
    else tables_->on_response(std::move(message), flow);
}

bool Transactions::knows(const Message& request) const {
    const auto top = Via::parse(top_via_of(request));
    if (!top) return false;
    const Key key = tables_->context.keys.server(request, *top, request.method_text());
    return request.method() == Method::invite ? tables_->invite_servers.find(key) : tables_->non_invite_servers.find(key);
}

void Transactions::respond(ServerId id, const Message& response, base::Time now) {
    tables_->begin(now);
    if (is_non_invite(id.value)) tables_->non_invite_servers.respond(id, response);
    else tables_->invite_servers.respond(id, response);
}

Message Transactions::respond_with(ServerId id, int status, std::string_view to_tag,
                                   std::string_view reason_phrase) const {
    const ResponseSkeleton* const skeleton = tables_->skeleton_of(id);
    return skeleton ? skeleton->respond(status, to_tag, reason_phrase) : Message::response(status, reason_phrase);
}

const base::Flow* Transactions::flow_of(ServerId id) const {
    if (is_non_invite(id.value)) {
        const auto* const row = tables_->non_invite_servers.row(id);
        return row ? &row->flow : nullptr;
    }
    const auto* const row = tables_->invite_servers.row(id);
    return row ? &row->flow : nullptr;
}

ClientId Transactions::request(Message request, const base::Flow& flow, std::string_view sent_by, base::Time now,
                               const StreamWay* stream) {
    tables_->begin(now);
    const std::string branch = tables_->add_via(request, flow, sent_by);
    const Key key = tables_->context.keys.client(branch, request.method_text());
    auto bytes = wire(request);
    FallbackPtr fallback;
    if (stream && bytes->size() > stream->above) {
        fallback = std::make_unique<const Fallback>(Fallback{flow, std::move(bytes)});
        request.replace_value(0, our_via(stream->flow, stream->sent_by, branch));
        bytes = wire(request);
    }
    const auto& way = fallback ? stream->flow : flow;
    if (request.method() == Method::invite)
        return tables_->invite_clients.open(key, way, request, std::move(bytes), std::move(fallback));
    return tables_->non_invite_clients.open(key, way, std::move(bytes), NonInviteClients::Reports::all,
                                            std::move(fallback));
}

void Transactions::cancel(ClientId id, std::string_view reason_header, base::Time now) {
    tables_->begin(now);
    if (!is_non_invite(id.value)) tables_->invite_clients.cancel(id, reason_header);
}

AckSent Transactions::send_ack(Message ack, const base::Flow& flow, std::string_view sent_by, const StreamWay* stream) {
    const std::string branch = tables_->add_via(ack, flow, sent_by);
    AckSent sent{wire(ack), flow, nullptr};
    if (stream && sent.bytes->size() > stream->above) {
        ack.replace_value(0, our_via(stream->flow, stream->sent_by, branch));
        sent = {wire(ack), stream->flow, std::move(sent.bytes)};
    }
    tables_->context.send(sent.flow, sent.bytes);
    return sent;
}

void Transactions::send_again(std::shared_ptr<const std::string> bytes, const base::Flow& flow) {
    if (bytes) tables_->context.send(flow, std::move(bytes));
}

void Transactions::abandon(ClientId id) {
    if (is_non_invite(id.value)) tables_->non_invite_clients.close(id);
    else tables_->invite_clients.close(id);
}

void Transactions::transport_failed(const base::Flow& flow, base::Time now) {
    tables_->begin(now);
    const Key flow_key = tables_->context.keys.flow(flow);
    tables_->invite_clients.transport_failed(flow, flow_key);
    tables_->non_invite_clients.transport_failed(flow, flow_key);
    tables_->invite_servers.transport_failed(flow, flow_key);
    tables_->non_invite_servers.transport_failed(flow, flow_key);
}

void Transactions::undeliverable(std::string_view beginning, const base::Flow& flow, base::Time now) {
    tables_->begin(now);
    const auto request = sent_request(beginning);
    const Key key = tables_->context.keys.client(request.branch, request.method);
    if (request.method == "INVITE") tables_->invite_clients.undeliverable(key, flow);
    else tables_->non_invite_clients.undeliverable(key, flow);
}

std::optional<base::WorkerId> Transactions::worker_of_request(std::string_view beginning) {
    return worker_of_branch(sent_request(beginning).branch);
}

void Transactions::advance(base::Time now) {
    tables_->context.now = now;
    tables_->context.wheel.advance(now, [this](const TransactionTimer& timer) { tables_->fire(timer); });
}

base::Time Transactions::next_deadline() const { return tables_->context.wheel.next_deadline(); }

std::vector<Send> Transactions::take_sends() { return std::exchange(tables_->context.sends, {}); }
std::vector<TransactionEvent> Transactions::take_events() { return std::exchange(tables_->context.events, {}); }

TransactionCounts Transactions::counts() const {
    return {tables_->invite_clients.size(), tables_->invite_servers.size(), tables_->non_invite_clients.size(),
            tables_->non_invite_servers.size()};
}

std::size_t Transactions::size() const {
    const TransactionCounts now = counts();
    return now.invite_clients + now.invite_servers + now.non_invite_clients + now.non_invite_servers;
}

}  // namespace sip
