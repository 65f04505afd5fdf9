// The INVITE server transactions (IST): RFC 3261, 17.2.1, with the Accepted state of RFC 6026. 100 Trying leaves at
// once; a 2xx is repeated by the transaction user until its ACK (13.3.1.4), every other final response here.
#pragma once

#include "sip/server_reply.hh"
#include "sip/transaction_context.hh"
#include "sip/transaction_table.hh"

namespace sip {

struct InviteServer {
    enum class State : std::uint8_t { proceeding, completed, confirmed, accepted };

    State state = State::proceeding;
    bool old_style = false;            // RFC 2543: an ACK is known by its To tag too
    base::Duration interval{};         // of timer G
    ServerReply reply;
    std::string to_tag;                // of our responses
    base::TimerHandle retransmission;  // G
    base::TimerHandle limit;           // H, I or L
};

class InviteServers {
 public:
    using Row = TransactionTable<InviteServer>::Row;
    enum class Ack { absorbed, for_2xx, stray };

    explicit InviteServers(TransactionContext& context) : context_(&context), table_(0) {}

    ServerId open(ServerOpening opening, bool old_style);
    void send_trying(ServerId id, const Message& request);
    std::uint64_t find(const Key& key) const { return table_.find(key); }
    Row* row(ServerId id) { return table_.row(id.value); }
    void on_retransmission(ServerId id);
    Ack on_ack(ServerId id, const Message& ack);
    void respond(ServerId id, const Message& response);
    void on_timer(const TransactionTimer& timer);
    void transport_failed(const base::Flow& flow, const Key& flow_key);
    std::size_t size() const { return table_.size(); }

 private:
    void accept(ServerId id, Row& row);
    void complete(ServerId id, Row& row);
    void close(ServerId id);

    TransactionContext* context_;
    TransactionTable<InviteServer> table_;
};

}  // namespace sip
