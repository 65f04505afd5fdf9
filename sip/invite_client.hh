// The INVITE client transactions (ICT): RFC 3261, 17.1.1, with the Accepted state of RFC 6026. They acknowledge what
// is no 2xx and cancel (9.1); the ACK for a 2xx is the transaction user's.
#pragma once

#include "sip/invite_companions.hh"
#include "sip/non_invite_client.hh"
#include "sip/transaction_context.hh"
#include "sip/transaction_table.hh"

namespace sip {

struct InviteClient {
    enum class State : std::uint8_t { calling, proceeding, completed, accepted };

    State state = State::calling;
    bool cancel_wanted = false;                // before any response has come
    bool cancelled = false;
    base::Duration interval{};                 // of timer A
    std::shared_ptr<const std::string> bytes;  // the INVITE while Calling, the ACK when Completed
    InviteCompanions companions;               // until the final response
    FallbackPtr fallback;                      // while Calling over a stream that there may not be
    std::string cancel_reason;                 // a Reason value, until the CANCEL is sent
    base::TimerHandle retransmission;          // A; with a fallback, the patience for its stream
    base::TimerHandle limit;                   // B, the wait after a CANCEL, D or M
};

class InviteClients {
 public:
    // The CANCELs live among `others`.
    InviteClients(TransactionContext& context, NonInviteClients& others)
        : context_(&context), others_(&others), table_(0) {}

    // Sends the INVITE, which has our Via and makes these bytes.
    ClientId open(const Key& key, const base::Flow& flow, const Message& invite, std::shared_ptr<const std::string> bytes,
                  FallbackPtr fallback);
    std::uint64_t find(const Key& key) const { return table_.find(key); }
    void on_response(ClientId id, Message response, const base::Flow& flow);
    void cancel(ClientId id, std::string_view reason_header);
    void on_timer(const TransactionTimer& timer);
    void transport_failed(const base::Flow& flow, const Key& flow_key);
    void undeliverable(const Key& key, const base::Flow& flow);   // Transactions::undeliverable()
    void close(ClientId id);
    std::size_t size() const { return table_.size(); }

 private:
    using Row = TransactionTable<InviteClient>::Row;
    void retransmit(ClientId id, Row& row);
    void send_datagrams(ClientId id, Row& row, std::shared_ptr<const std::string> bytes);
    void fall_back(ClientId id, Row& row);
    void provisional(ClientId id, Row& row);
    void accept(ClientId id, Row& row);
    void complete(ClientId id, Row& row, const Message& response);
    void send_cancel(ClientId id, Row& row);
    void fail(ClientId id, base::Reason reason);
    void forget_request(InviteClient& client);

    TransactionContext* context_;
    NonInviteClients* others_;
    TransactionTable<InviteClient> table_;
};

}  // namespace sip
