// What both server machines know about answering: the skeleton until the final response, then its bytes alone.
#pragma once

#include <memory>
#include <string>

#include "sip/response_skeleton.hh"
#include "sip/transaction_context.hh"

namespace sip {

struct ServerReply {
    ResponseSkeleton skeleton;                // until the final response
    std::shared_ptr<const std::string> last;  // the response that answers a retransmitted request
    Key merged;                               // in the context's index while `mergeable`
    bool mergeable = false;
    bool silent = false;                      // answered by the layer: the transaction user never heard of it
    bool cut_off = false;                     // its stream is gone: nothing is sent, the state goes on (17.2.4)
    std::uint16_t port = 0;                   // where responses go

    void send_last(TransactionContext& context, const base::Flow& flow) const {
        if (!last || cut_off) return;
        base::Flow back = flow;
        back.remote.port = port;
        context.send(back, last);
    }
    void leave_merged(TransactionContext& context) {
        if (mergeable) context.merged.erase(merged);
        mergeable = false;
    }
};

// A request that opens a server transaction.
struct ServerOpening {
    Key key;
    base::Flow flow;
    ServerReply reply;
};

}  // namespace sip
