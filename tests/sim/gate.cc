#include "tests/sim/gate.hh"

#include <algorithm>
#include <iterator>

#include "base/text.hh"
#include "sbc/call_record.hh"
#include "sbc/home.hh"
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
    for (const std::string_view secret : {kInsidePrefix, kInsidePrefix6, kInsideDomain, kInsideProduct, kInsideMark}) {
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

Gate::Gate(World& world, Network& network, Kernel& kernel, const GatePlan& plan)
    : world_(world), network_(network), kernel_(kernel), plan_(plan), policy_(plan.policies.front()) {
    make_workers();
    listen();
    for (auto& worker : workers_) carry_out(*worker);
}

void Gate::make_workers() {
    workers_.clear();
    for (unsigned i = 0; i < plan_.workers; ++i) {
        const base::WorkerId id{static_cast<std::uint8_t>(i)};
        workers_.push_back(std::make_unique<Worker>(world_, policy_, plan_.seed + lives_ - 1, id, plan_.workers));
        workers_.back()->inbox.resize(plan_.workers);
    }
}

void Gate::listen() {
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
}

// As SO_REUSEPORT shares sources out.
Worker& Gate::worker_of(const base::Endpoint& remote) {
    return *workers_[(std::hash<std::string>{}(remote.to_string()) >> 7) % workers_.size()];
}

Worker* Gate::worker_of_port(const base::Endpoint& local) {
    const auto count = static_cast<unsigned>(workers_.size());
    for (const auto& policy : plan_.policies)
        for (const auto& zone : policy->zones)
            for (const auto& media : zone.media)
                for (const auto& worker : workers_) {
                    const auto share = policy::share_of(media.ports, worker->id, count);
                    if (media.address == local.address && local.port >= share.first && local.port <= share.last)
                        return worker.get();
                }
    return nullptr;
}

base::Flow Gate::flow_of(Transport transport, const base::Endpoint& local, const base::Endpoint& remote, Worker& worker) {
    base::Flow flow;
    for (const auto& listener : policy_->listeners)
        if (listener.transport == transport && listener.local == local) flow.listener = listener.id;
    flow.transport = transport;
    flow.local = local;
    flow.remote = remote;
    if (!base::is_reliable(transport)) return flow;
    auto& connection = connections_[{local, remote}];
    if (!connection.id) connection = {++last_connection_, &worker};
    flow.connection = {connection.id};
    return flow;
}

// What one worker has for another arrives in order, but behind or before what others bring.
void Gate::hand_over(const Worker& from, Worker& to, std::function<void()> task) {
    auto& last = to.inbox[from.id.value];
    last = std::max(last, world_.now() + world_.between(Duration{1}, Duration{2000}));
    ++handed_over_;
    world_.at(last, in_this_life(std::move(task)));
}

void Gate::signalling(Transport transport, const base::Endpoint& local, const base::Endpoint& remote,
                      const Bytes& bytes) {
    if (down_) return;
    const bool datagram = !base::is_reliable(transport);
    world_.tell(label(remote) + " -> gate  " + first_line(*bytes));
    const auto verdict =
        sip::guard(*bytes, datagram ? sip::Framing::datagram : sip::Framing::stream, policy_->sip_limits);
    const auto flow = flow_of(transport, local, remote, worker_of(remote));
    if (!verdict.accepted) return world_.broken("the guard refused " + first_line(*bytes) + ": " +
                                                std::string(base::text_of(verdict.reason)));
    auto message = sip::Message::parse(std::string_view(*bytes).substr(0, verdict.message_bytes));
    if (!message) return world_.broken("the parser refused " + first_line(*bytes));
    Worker& came_to = datagram ? worker_of(remote) : *connections_.at({local, remote}).owner;
    const bool phones = policy_->zone(policy_->zone_of(flow.listener)).registrations.has_value();
    Worker& home = *workers_[sbc::home_of(*message, static_cast<unsigned>(workers_.size()), phones).value];
    const auto take = [this, &home, flow, kept = std::make_shared<sip::Message>(std::move(*message))] {
        home.b2bua.on_message(std::move(*kept), flow, world_.now());
        carry_out(home);
        if (watcher_) watcher_();
    };
    if (&home == &came_to) take();
    else hand_over(came_to, home, take);
}

void Gate::media(const base::Endpoint& local, const base::Endpoint& remote, const Bytes& bytes) {
    if (down_) return;
    if (!kernel_.admits(local, remote)) {
        if (world_.verbose()) world_.tell("     wall drops " + label(remote) + " -> " + label(local));
        return;
    }
    auto* worker = worker_of_port(local);
    if (!worker) return world_.broken(label(local) + " is open and no worker's");
    std::string packet = *bytes;
    auto* data = reinterpret_cast<std::uint8_t*>(packet.data());
    const auto way = worker->relay.receive({local, remote, {data, packet.size()}}, world_.now());
    if (way) network_.send_media(way->from, way->to, std::make_shared<const std::string>(std::move(packet)));
    else if (world_.verbose()) world_.tell("     relay keeps " + label(remote) + " -> " + label(local));
    carry_out(*worker);
}

void Gate::carry_out(Worker& worker) {
    for (;;) {
        if (down_) return;
        const auto effects = worker.b2bua.take_effects();
        for (const auto& effect : effects) {
            if (crash_after_ && --*crash_after_ == 0) return crash();
            std::visit([&](const auto& e) { carry_out(worker, e); }, effect);
        }
        for (auto& packet : worker.relay.take_released())
            network_.send_media(packet.way.from, packet.way.to,
                                std::make_shared<const std::string>(packet.payload.begin(), packet.payload.end()));
        const auto latched = worker.relay.take_latched();
        for (const auto& source : latched) worker.b2bua.on_latched(source, world_.now());
        if (effects.empty() && latched.empty()) break;
    }
    wake_up_in_time(worker);
}

void Gate::carry_out(Worker& worker, const sip::Send& send) {
    inspect(send);
    world_.tell("     gate -> " + label(send.flow.remote) + "  " + first_line(*send.bytes));
    world_.stamp(*send.bytes);
    if (!base::is_reliable(send.flow.transport))
        return network_.send_datagram(send.flow.local, send.flow.remote, send.bytes);
    const auto known = connections_.find({send.flow.local, send.flow.remote});
    if (known == connections_.end() || known->second.owner == &worker) return send_stream(worker, send);
    hand_over(worker, *known->second.owner, [this, &worker, send] { send_stream(worker, send); });
}

void Gate::send_stream(Worker& worker, const sip::Send& send) {
    const auto known = connections_.find({send.flow.local, send.flow.remote});
    const bool gone = send.flow.connection.value &&
                      (known == connections_.end() || known->second.id != send.flow.connection.value);
    // A connection that leads there came from there, or somebody listens.
    const bool refused = known == connections_.end() && !network_.is_listened(base::Transport::tcp, send.flow.remote);
    if (gone || refused) {   // as a socket says it: a moment later
        world_.after(Duration{100}, in_this_life([this, &worker, flow = send.flow] { fail(worker, flow); }));
        return;
    }
    flow_of(send.flow.transport, send.flow.local, send.flow.remote, worker);
    network_.send_stream(send.flow.local, send.flow.remote, send.bytes);
}

// A connection's end concerns whoever has transactions on it.
void Gate::fail(Worker& worker, const base::Flow& flow) {
    const auto hear = [this, flow](Worker& who) {
        who.b2bua.on_transport_failed(flow, world_.now());
        carry_out(who);
    };
    hear(worker);
    for (auto& other : workers_)
        if (other.get() != &worker) hand_over(worker, *other, [hear, who = other.get()] { hear(*who); });
}

void Gate::carry_out(Worker& worker, const sbc::ChangePinholes& change) {
    Kernel::Done done;
    if (change.token.value)
        done = in_this_life([this, &worker, token = change.token](std::optional<base::Reason> refused) {
            worker.b2bua.on_pinholes(token, refused, world_.now());
            carry_out(worker);
        });
    kernel_.change(change.changes, std::move(done));
}

void Gate::carry_out(Worker& worker, const sbc::DialogQuestion& question) {
    auto& home = *workers_[question.home.value];
    hand_over(worker, home, [this, &worker, &home, question] {
        hand_over(home, worker, [this, &worker, number = question.number, answer = home.b2bua.find_dialog(question)] {
            worker.b2bua.on_dialog(number, answer, world_.now());
            carry_out(worker);
        });
    });
}

void Gate::carry_out(Worker& worker, const sbc::PhoneQuestion& question) {
    auto& home = *workers_[question.home.value];
    hand_over(worker, home, [this, &worker, &home, question] {
        hand_over(home, worker, [this, &worker, number = question.number, phones = home.b2bua.find_phones(question)] {
            worker.b2bua.on_phones(number, phones, world_.now());
            carry_out(worker);
        });
    });
}

void Gate::carry_out(Worker& worker, const sbc::RegistrarNews& news) {
    for (auto& other : workers_)
        if (other.get() != &worker && (!news.to || other->id == *news.to))
            hand_over(worker, *other, [this, who = other.get(), news] {
                who->b2bua.on_news(news, world_.now());
                carry_out(*who);
            });
}

void Gate::carry_out(Worker&, const sbc::WriteRecord& write) {
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
        // What the kernel refuses to a new life stays closed.
        if (!kernel_.is_open(*rtp) && (lives_ == 1 || kernel_.is_reliable()))
            world_.broken(label(*rtp) + " was told but is not open: " + std::string(message.is_request()
                              ? message.method_text() : message.reason_phrase()));
        // Where RTCP is muxed, its own port is of use only until the answer says so too.
        if (media.rtcp && !media.rtcp_mux && !kernel_.is_open(*media.rtcp) && (lives_ == 1 || kernel_.is_reliable()))
            world_.broken(label(*media.rtcp) + " (RTCP) was told but is not open");
    }
}

void Gate::reset_streams(const base::Endpoint& remote) {
    if (down_) return;
    std::vector<std::pair<Worker*, base::Flow>> ended;
    for (const auto& [ends, connection] : connections_)
        if (ends.second == remote)
            ended.emplace_back(connection.owner, flow_of(Transport::tcp, ends.first, remote, *connection.owner));
    for (const auto& [owner, flow] : ended) {
        if (!connections_.erase({flow.local, flow.remote})) continue;   // all have died with the gate meanwhile
        fail(*owner, flow);
    }
}

std::vector<sbc::CallView> Gate::calls() const {
    std::vector<sbc::CallView> all;
    for (const auto& worker : workers_) std::ranges::move(worker->b2bua.calls(), std::back_inserter(all));
    return all;
}

void Gate::wake_up_in_time(Worker& worker) {
    const auto deadline = worker.b2bua.next_deadline();
    if (deadline == base::kNever || (worker.alarm != base::kNever && worker.alarm <= std::max(deadline, world_.now()))) return;
    worker.alarm = std::max(deadline, world_.now());
    world_.at(worker.alarm, in_this_life([this, &worker, at = worker.alarm] {
        if (worker.alarm == at) wake_up(worker);
    }));
}

void Gate::wake_up(Worker& worker) {
    worker.alarm = base::kNever;
    worker.b2bua.advance(world_.now());
    worker.fruitless = worker.b2bua.next_deadline() <= world_.now() ? worker.fruitless + 1 : 0;
    if (worker.fruitless > 3) return world_.broken("the deadline stays in the past");
    carry_out(worker);
}

}  // namespace sim
