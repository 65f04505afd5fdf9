// Owns: RFC 3261, 18.1.1 as far as it chooses a transport. The change of transport itself is sip/transactions'.
#include "sbc/large_request.hh"

#include "base/log.hh"
#include "sbc/context.hh"

namespace sbc {
namespace {

using policy::LargeRequests;

constexpr base::Duration kRest = std::chrono::minutes(10);   // of TCP, where it was refused
constexpr std::size_t kMostRefusals = 4096;
constexpr std::size_t kMargin = 200, kUnknownPath = 1300;    // 18.1.1

bool takes_datagrams_only(Context& context, const base::Endpoint& remote) {
    const auto found = context.datagrams_only.find(remote);
    if (found == context.datagrams_only.end()) return false;
    if (context.now < found->second) return true;
    context.datagrams_only.erase(found);
    return false;
}

// Behind a far-end NAT nobody can be connected to, but a peer that has its address in the policy.
bool can_be_connected_to(const Party& party) { return party.peer != base::kNoPeer || !party.far_end_nat; }

std::optional<sip::StreamWay> stream_to(Context& context, const Party& party, const base::Flow& flow) {
    const bool wanted = party.rules.large_requests.value_or(LargeRequests::tcp) == LargeRequests::tcp;
    if (!wanted || flow.transport != base::Transport::udp || !can_be_connected_to(party)) return std::nullopt;
    const auto* listener = context.policy->listener_for(party.zone, base::Transport::tcp, flow.remote.address.is_v4());
    if (!listener || takes_datagrams_only(context, flow.remote)) return std::nullopt;
    const auto& mtu = party.rules.mtu;
    return sip::StreamWay{{listener->id, base::Transport::tcp, listener->local, flow.remote, {}, flow.peer},
                          listener->advertised.to_string(), mtu ? *mtu - kMargin : kUnknownPath};
}

}  // namespace

sip::ClientId send_request_to(Context& context, const Party& party, const base::Flow& flow, sip::Message request) {
    const auto stream = stream_to(context, party, flow);
    return context.transactions.request(std::move(request), flow, party.sent_by, context.now, stream ? &*stream : nullptr);
}

SentAck send_ack_to(Context& context, const Party& party, const base::Flow& flow, sip::Message ack) {
    const auto stream = stream_to(context, party, flow);
    const auto cseq = ack.cseq();
    const auto sent = context.transactions.send_ack(std::move(ack), flow, party.sent_by, stream ? &*stream : nullptr);
    if (!sent.datagram) return {cseq, sent.bytes, sent.flow, nullptr};
    return {cseq, sent.bytes, sent.flow, std::make_shared<const SentAck>(SentAck{cseq, sent.datagram, flow, nullptr})};
}

void stream_refused(Context& context, const base::Flow& flow) {
    if (context.datagrams_only.size() >= kMostRefusals) context.datagrams_only.clear();
    context.datagrams_only[flow.remote] = context.now + kRest;
    base::log::info("tcp_refused", base::log::Fields("target", flow.remote.to_string()));
}

}  // namespace sbc
