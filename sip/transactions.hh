// The transaction layer of one worker: ICT, IST, NICT, NIST as tables (RFC 3261, 17; RFC 6026), all timers,
// retransmissions, matching (17.1.3, 17.2.3 and RFC 2543's rules), merged requests (8.2.2.2), 100 Trying.
// Sans-I/O: messages and time in; sends and events out. It does not know dialogs, policy or sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy.hh"
#include "base/flow.hh"
#include "base/ids.hh"
#include "base/time.hh"
#include "sip/message.hh"

namespace sip {

using ServerId = base::Id<struct ServerTransactionTag, std::uint64_t>;  // 0: none
using ClientId = base::Id<struct ClientTransactionTag, std::uint64_t>;  // 0: none

// Bytes that leave, in this order.
struct Send {
    base::Flow flow;
    std::shared_ptr<const std::string> bytes;
};

// How a request goes that is too large for a datagram (RFC 3261, 18.1.1): over a stream, and as a datagram after all
// where there is none.
struct StreamWay {
    base::Flow flow;
    std::string sent_by;
    std::size_t above = 1300;   // bytes of the request with our Via; where the path's MTU is known, 200 less than that
};

// An ACK as it went, and as it goes as a datagram where it went over a stream for its size.
struct AckSent {
    std::shared_ptr<const std::string> bytes;
    base::Flow flow;
    std::shared_ptr<const std::string> datagram;   // null: it has no other form
};

// What the layer tells the transaction user (the B2BUA), in order.
struct RequestArrived { ServerId id; Message request; base::Flow flow; };  // new; INVITE has had its 100 already
struct AckArrived { Message ack; base::Flow flow; };                   // for a 2xx: belongs to a dialog, no transaction
struct CancelArrived { ServerId invite; Message cancel; base::Flow flow; };  // the CANCEL has had its 200 (or 481 and no event)
struct ResponseArrived { ClientId id; Message response; base::Flow flow; };  // 1xx but 100 too; 2xx retransmissions too
struct ClientFailed { ClientId id; base::Reason reason; };              // request_timeout (B, F) or transport_failed
struct ServerFailed { ServerId id; base::Reason reason; };              // no ACK for a final non-2xx (H), transport failed
struct StreamRefused { base::Flow flow; };                              // a large request went as a datagram after all
struct Refused { base::Reason reason; base::Flow flow; };               // absorbed here; for the counters
using TransactionEvent = std::variant<RequestArrived, AckArrived, CancelArrived, ResponseArrived, ClientFailed,
                                      ServerFailed, StreamRefused, Refused>;

struct TransactionTimers {
    base::Duration t1{std::chrono::milliseconds(500)};
    base::Duration t2{std::chrono::seconds(4)};
    base::Duration t4{std::chrono::seconds(5)};
    base::Duration d{std::chrono::seconds(32)};  // at least 32 s on unreliable transports
};

// Transactions alive in each machine, for audits: all 0 once every timer has run.
struct TransactionCounts {
    std::size_t invite_clients = 0, invite_servers = 0, non_invite_clients = 0, non_invite_servers = 0;
    friend bool operator==(const TransactionCounts&, const TransactionCounts&) = default;
};

class Transactions {
 public:
    // Branches that we make start with z9hG4bK and the worker's number, so that responses come home.
    Transactions(base::WorkerId worker, base::Entropy& entropy, const TransactionTimers& timers);
    ~Transactions();

    // Whose branch a text begins with; nothing where it is none of ours.
    static std::optional<base::WorkerId> worker_of_branch(std::string_view branch);

    // A message that passed guard and parser. What it means arrives through take_events().
    void receive(Message message, const base::Flow& flow, base::Time now);
    // A server transaction of this request is alive: it would be absorbed as a retransmission.
    bool knows(const Message& request) const;

    // Transaction user as UAS. The Via, From, To, Call-ID and CSeq of a response are the caller's work:
    // see respond_with() below. A final response ends the transaction's wait; a 2xx to INVITE may be sent
    // again through the same id while it is Accepted (the dialog retransmits it until the ACK, 13.3.1.4).
    void respond(ServerId id, const Message& response, base::Time now);
    // The skeleton of a response to this transaction's request: status, Via (with received and rport), From, To
    // (with `to_tag` where the request had none), Call-ID, CSeq, and Record-Route for what makes a dialog. Without
    // headers once a final response has been given, or when the transaction is gone.
    Message respond_with(ServerId id, int status, std::string_view to_tag, std::string_view reason_phrase = {}) const;
    const base::Flow* flow_of(ServerId id) const;   // null when it is gone

    // Transaction user as UAC. Adds our Via (sent-by: the flow's local endpoint, or `sent_by` when advertised), with
    // rport, and sends. CANCEL goes through cancel() only; ACK for 2xx through send_ack().
    // `stream`: for what is too large for the flow's datagrams.
    ClientId request(Message request, const base::Flow& flow, std::string_view sent_by, base::Time now,
                     const StreamWay* stream = nullptr);
    // Sends CANCEL now, or as soon as a provisional response has come (9.1); nothing after a final one.
    void cancel(ClientId id, std::string_view reason_header, base::Time now);
    // An ACK for a 2xx: a transaction of its own, never retransmitted by a timer. Returns the bytes, so that the
    // dialog can send the very same again for each retransmitted 2xx.
    AckSent send_ack(Message ack, const base::Flow& flow, std::string_view sent_by, const StreamWay* stream = nullptr);
    void send_again(std::shared_ptr<const std::string> bytes, const base::Flow& flow);
    // Forgets a client transaction whose answers nobody wants any more (its retransmissions end).
    void abandon(ClientId id);

    // The world: a flow is gone (connection reset, no way to send). Client transactions on it that wait for a final response
    // fail. A server transaction whose stream is gone goes on without sending (17.2.4); ServerFailed says so while its
    // final response is still due. Over UDP server transactions go on: what the kernel says of a datagram may pass.
    void transport_failed(const base::Flow& flow, base::Time now);
    // The beginning of a request of ours came back from a host or router on its way to the flow's remote (ICMP; 18.4).
    // Its transaction fails where nothing was heard of it. Nobody who has not seen the request knows its branch: what
    // is forged finds no transaction.
    void undeliverable(std::string_view beginning, const base::Flow& flow, base::Time now);
    // Whose request that is; nothing: no request of ours.
    static std::optional<base::WorkerId> worker_of_request(std::string_view beginning);

    void advance(base::Time now);
    base::Time next_deadline() const;

    std::vector<Send> take_sends();
    std::vector<TransactionEvent> take_events();
    std::size_t size() const;   // transactions alive, for audits
    TransactionCounts counts() const;

 private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace sip
