// The server transactions of every method but INVITE and ACK (NIST): RFC 3261, 17.2.2.
#pragma once

#include "sip/server_reply.hh"
#include "sip/transaction_context.hh"
#include "sip/transaction_table.hh"

namespace sip {

struct NonInviteServer {
    enum class State : std::uint8_t { trying, proceeding, completed };

    State state = State::trying;
    ServerReply reply;
    base::TimerHandle limit;  // J
};

class NonInviteServers {
 public:
    using Row = TransactionTable<NonInviteServer>::Row;

    explicit NonInviteServers(TransactionContext& context) : context_(&context), table_(kNonInviteMark) {}

    ServerId open(ServerOpening opening);
    std::uint64_t find(const Key& key) const { return table_.find(key); }
    Row* row(ServerId id) { return table_.row(id.value); }
    void on_retransmission(ServerId id);
    void respond(ServerId id, const Message& response);
    void on_timer(const TransactionTimer& timer) { close({timer.id}); }
    void transport_failed(const base::Flow& flow, const Key& flow_key);
    std::size_t size() const { return table_.size(); }

 private:
    void close(ServerId id);

    TransactionContext* context_;
    TransactionTable<NonInviteServer> table_;
};

}  // namespace sip
