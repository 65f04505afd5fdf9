#include "tests/sim/gate.hh"

#include <algorithm>

#include "sbc/call_record.hh"
#include "base/text.hh"
#include "sdp/session.hh"
#include "sip/guard.hh"
#include "sip/refusal.hh"
#include "tests/sim/map.hh"

namespace sim {
namespace {

using base::Transport;

std::string first_line(std::string_view bytes) { return std::string(bytes.substr(0, bytes.find('\r'))); }

std::string label(const base::Endpoint& where) { return where.to_string(); }

// What the outside must never see, whatever its letters' case.
std::string_view leak_in(std::string_view bytes) {
    std::string lower(bytes);
    std::ranges::transform(lower, lower.begin(), base::lower);
    for (const std::string_view secret : {kInsidePrefix, kInsideDomain, kInsideProduct, kInsideMark}) {
        std::string wanted(secret);
        std::ranges::transform(wanted, wanted.begin(), base::lower);
        if (lower.find(wanted) != lower.npos) return secret;
    }
    return {};
}

std::string line_around(std::string_view bytes, std::string_view what) {
    const auto at = std::search(bytes.begin(), bytes.end(), what.begin(), what.end(),
                                [](char a, char b) { return base::lower(a) == base::lower(b); }) -
                    bytes.begin();
    const auto begin = bytes.rfind('\n', static_cast<std::size_t>(at)) + 1;
    const auto end = bytes.find('\r', static_cast<std::size_t>(at));
    return std::string(bytes.substr(begin, end - begin));
}

}  // namespace

Gate::Gate(World& world, Network& network, Kernel& kernel, policy::SnapshotPtr policy, std::uint64_t seed)
    : world_(world),
      network_(network),
      kernel_(kernel),
      policy_(policy),
      entropy_(seed),
      relay_(std::in_place),
      b2bua_(std::in_place, sbc::Environment{{}, 1, &entropy_, &*relay_}, policy, world.now()) {
    for (const auto& listener : policy_->listeners)
        network_.listen(listener.transport, listener.local,
                        [this, transport = listener.transport](const auto& local, const auto& remote, const auto& bytes) {
                            signalling(transport, local, remote, bytes);
                        });
    for (const auto& zone : policy_->zones)
        for (const auto& address : zone.media)
            network_.listen_host(address.address, [this](const auto& local, const auto& remote, const auto& bytes) {
                media(local, remote, bytes);
            });
    carry_out();
}

base::Flow Gate::flow_of(Transport transport, const base::Endpoint& local, const base::Endpoint& remote) {
    base::Flow flow;
    for (const auto& listener : policy_->listeners)
        if (listener.transport == transport && listener.local == local) flow.listener = listener.id;
    flow.transport = transport;
    flow.local = local;
    flow.remote = remote;
    if (!base::is_reliable(transport)) return flow;
    auto& connection = connections_[{local, remote}];
    if (!connection) connection = ++last_connection_;
    flow.connection = {connection};
    return flow;
}

void Gate::signalling(Transport transport, const base::Endpoint& local, const base::Endpoint& remote,
                      const Bytes& bytes) {
    if (down_) return;
    const bool datagram = !base::is_reliable(transport);
    world_.tell(label(remote) + " -> gate  " + first_line(*bytes));
    const auto verdict =
        sip::guard(*bytes, datagram ? sip::Framing::datagram : sip::Framing::stream, policy_->sip_limits);
    const auto flow = flow_of(transport, local, remote);
    if (!verdict.accepted) return world_.broken("the guard refused " + first_line(*bytes) + ": " +
                                                std::string(base::text_of(verdict.reason)));
    auto message = sip::Message::parse(std::string_view(*bytes).substr(0, verdict.message_bytes));
    if (!message) return world_.broken("the parser refused " + first_line(*bytes));
    b2bua_->on_message(std::move(*message), flow, world_.now());
    carry_out();
    if (watcher_) watcher_();
}

void Gate::media(const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes) {
    if (down_) return;
    if (!kernel_.admits(local, remote)) {
        if (world_.verbose()) world_.tell("     wall drops " + label(remote) + " -> " + label(local));
        return;
    }
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes->data());
    const auto way = relay_->receive({local, remote, {data, bytes->size()}}, world_.now());
    if (way) network_.send_media(way->from, way->to, bytes);
    else if (world_.verbose()) world_.tell("     relay keeps " + label(remote) + " -> " + label(local));
    carry_out();
}

void Gate::carry_out() {
    for (;;) {
        if (down_) return;
        const auto effects = b2bua_->take_effects();
        for (const auto& effect : effects) {
            if (crash_after_ && --*crash_after_ == 0) return crash();
            std::visit([this](const auto& e) { carry_out(e); }, effect);
        }
        for (auto& packet : relay_->take_released())
            network_.send_media(packet.way.from, packet.way.to,
                                std::make_shared<const std::string>(packet.payload.begin(), packet.payload.end()));
        const auto latched = relay_->take_latched();
        for (const auto& source : latched) b2bua_->on_latched(source, world_.now());
        if (effects.empty() && latched.empty()) break;
    }
    wake_up_in_time();
}

void Gate::carry_out(const sip::Send& send) {
    inspect(send);
    world_.tell("     gate -> " + label(send.flow.remote) + "  " + first_line(*send.bytes));
    world_.stamp(*send.bytes);
    if (!base::is_reliable(send.flow.transport))
        return network_.send_datagram(send.flow.local, send.flow.remote, send.bytes);
    const auto known = connections_.find({send.flow.local, send.flow.remote});
    const bool gone = send.flow.connection.value &&
                      (known == connections_.end() || known->second != send.flow.connection.value);
    if (gone) {   // as a socket says it: a moment later
        world_.after(Duration{100}, [this, flow = send.flow, life = lives_] {
            if (down_ || life != lives_) return;
            b2bua_->on_transport_failed(flow, world_.now());
            carry_out();
        });
        return;
    }
    flow_of(send.flow.transport, send.flow.local, send.flow.remote);
    network_.send_stream(send.flow.local, send.flow.remote, send.bytes);
}

void Gate::carry_out(const sbc::ChangePinholes& change) {
    Kernel::Done done;
    if (change.token.value)
        done = [this, token = change.token, life = lives_](std::optional<base::Reason> refused) {
            if (down_ || life != lives_) return;
            b2bua_->on_pinholes(token, refused, world_.now());
            carry_out();
        };
    kernel_.change(change.changes, std::move(done));
}

void Gate::carry_out(const sbc::Journal& entry) {
    if (entry.record) journal_[entry.key] = *entry.record;
    else journal_.erase(entry.key);
}

void Gate::carry_out(const sbc::WriteRecord& write) {
    const auto& record = *write.record;
    if (!records_.insert(record.call.id).second) world_.broken("call " + record.call.id + " is written down twice");
    if (record.ended != world_.now() || record.ended < record.call.started)
        world_.broken("the record of call " + record.call.id + " has wrong times");
    if (!record.status && !record.call.answered && record.ended_by != sbc::Ender::us)
        world_.broken("the record of call " + record.call.id + " names no final response");
}

// What is sent again was inspected when it was sent first: a retransmission may outlive what it speaks of.
void Gate::inspect(const sip::Send& send) {
    if (!inspected_.insert(std::hash<std::string>{}(*send.bytes)).second) return;
    const std::string_view bytes = *send.bytes;
    if (!is_inside(send.flow.local.address))
        if (const auto leak = leak_in(bytes); !leak.empty())
            world_.broken("'" + std::string(leak) + "' leaks in " + first_line(bytes) + ": " + line_around(bytes, leak));
    const bool datagram = !base::is_reliable(send.flow.transport);
    if (!sip::guard(bytes, datagram ? sip::Framing::datagram : sip::Framing::stream, policy_->sip_limits).accepted)
        return world_.broken("our own guard would refuse what we send: " + first_line(bytes));
    const auto message = sip::Message::parse(bytes);
    if (!message) return world_.broken("our own parser would refuse what we send: " + first_line(bytes));
    if (message->has_sdp()) inspect_description(*message);
}

void Gate::inspect_description(const sip::Message& message) {
    const auto session = sdp::Session::parse(message.body(), policy_->sdp_limits);
    if (!session) return world_.broken("we sent a description that we cannot read");
    for (const auto& media : session->media()) {
        const auto rtp = media.rtp();
        if (!rtp) continue;
        if (!kernel_.is_open(*rtp))
            world_.broken(label(*rtp) + " was told but is not open: " + std::string(message.is_request()
                              ? message.method_text() : message.reason_phrase()));
        // Where RTCP is muxed, its own port is of use only until the answer says so too.
        if (media.rtcp && !media.rtcp_mux && !kernel_.is_open(*media.rtcp))
            world_.broken(label(*media.rtcp) + " (RTCP) was told but is not open");
    }
}

void Gate::reset_streams(const base::Endpoint& remote) {
    if (down_) return;
    for (auto it = connections_.begin(); it != connections_.end();) {
        if (it->first.second != remote) {
            ++it;
            continue;
        }
        auto flow = flow_of(Transport::tcp, it->first.first, remote);
        it = connections_.erase(it);
        b2bua_->on_transport_failed(flow, world_.now());
    }
    carry_out();
}

void Gate::wake_up_in_time() {
    const auto deadline = b2bua_->next_deadline();
    if (deadline == base::kNever || (alarm_ != base::kNever && alarm_ <= std::max(deadline, world_.now()))) return;
    alarm_ = std::max(deadline, world_.now());
    world_.at(alarm_, [this, at = alarm_] {
        if (alarm_ == at) wake_up();
    });
}

void Gate::wake_up() {
    alarm_ = base::kNever;
    if (down_) return;
    b2bua_->advance(world_.now());
    fruitless_ = b2bua_->next_deadline() <= world_.now() ? fruitless_ + 1 : 0;
    if (fruitless_ > 3) return world_.broken("the deadline stays in the past");
    carry_out();
}

}  // namespace sim
