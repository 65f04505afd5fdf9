// The client transactions of every method but INVITE and ACK (NICT): RFC 3261, 17.1.2. CANCEL's are the layer's own
// and report nothing.
#pragma once

#include "sip/transaction_context.hh"
#include "sip/transaction_table.hh"

namespace sip {

struct NonInviteClient {
    enum class State : std::uint8_t { trying, proceeding, completed };

    State state = State::trying;
    bool silent = false;
    base::Duration interval{};                 // of timer E
    std::shared_ptr<const std::string> bytes;  // the request, while it may be sent again
    FallbackPtr fallback;                      // while Trying over a stream that there may not be
    base::TimerHandle retransmission;          // E
    base::TimerHandle limit;                   // F, then K
};

class NonInviteClients {
 public:
    enum class Reports { all, none };

    explicit NonInviteClients(TransactionContext& context) : context_(&context), table_(kNonInviteMark) {}

    // Sends the request.
    ClientId open(const Key& key, const base::Flow& flow, std::shared_ptr<const std::string> bytes, Reports reports,
                  FallbackPtr fallback = nullptr);
    std::uint64_t find(const Key& key) const { return table_.find(key); }
    void on_response(ClientId id, Message response, const base::Flow& flow);
    void on_timer(const TransactionTimer& timer);
    void transport_failed(const base::Flow& flow, const Key& flow_key);
    void undeliverable(const Key& key, const base::Flow& flow);   // Transactions::undeliverable()
    void close(ClientId id);
    std::size_t size() const { return table_.size(); }

 private:
    using Row = TransactionTable<NonInviteClient>::Row;
    void send(ClientId id, Row& row, std::shared_ptr<const std::string> bytes);
    void retransmit(ClientId id, Row& row);
    void fall_back(ClientId id, Row& row);
    void fail(ClientId id, Row& row, base::Reason reason);

    TransactionContext* context_;
    TransactionTable<NonInviteClient> table_;
};

}  // namespace sip
