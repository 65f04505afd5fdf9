// The table of streams and the verdict on a packet. The order of the checks is fixed: is the port a stream's; is the
// packet RTP or RTCP; may its source send here; only then is anything learnt, counted as media or forwarded.
#include "media/relay.hh"

#include <algorithm>
#include <utility>

#include "media/port_table.hh"
#include "media/source_description.hh"
#include "media/stream.hh"

namespace media {

struct Stream {
    StreamId id;
    StreamSpec spec;
    std::array<StreamEnd, 2> ends;
    base::Time installed;

    StreamEnd& end(Side side) { return ends[static_cast<std::size_t>(side)]; }
};

using Standing = StreamEnd::Standing;

struct Relay::Table {
    std::vector<std::unique_ptr<Stream>> slots;      // a StreamId is generation and slot + 1
    std::vector<std::uint32_t> free_slots;
    std::uint32_t generation = 0;
    PortTable ports;
    std::vector<Latched> latched;
    std::vector<Released> released;
    std::array<std::uint64_t, base::kReasonCount> dropped{};
    std::size_t size = 0;

    Stream* find(StreamId id) const;
    void enter(Stream& stream);
    void leave(Stream& stream);
    void release_held(Stream& stream, base::Time now);
    void release_held(StreamEnd& end, bool all, base::Time now);

    static Standing standing(const PortUser& user, const Packet& packet);
    static PortUser choose(const Port& port, const Packet& packet);
    std::optional<Forward> receive(const Packet& packet, base::Time now);
    std::optional<Forward> accept(PortUser user, Component component, const Packet& packet, base::Time now);
    void learn(PortUser user, Component component, const Packet& packet, base::Time now);
    void hold(StreamEnd& end, const Packet& packet, base::Reason otherwise);
    void drop(StreamEnd* end, base::Reason reason);
};

Stream* Relay::Table::find(StreamId id) const {
    const std::size_t slot = (id.value & 0xffffffff) - 1;  // of 0: beyond any
    return slot < slots.size() && slots[slot] && slots[slot]->id == id ? slots[slot].get() : nullptr;
}

void Relay::Table::enter(Stream& stream) {
    for (const Side side : {Side::a, Side::b})
        for (const auto& local : {stream.end(side).end->rtp_local, stream.end(side).end->rtcp_local})
            if (local.port) ports.enter(local, {&stream, side});
}

void Relay::Table::leave(Stream& stream) {
    for (const Side side : {Side::a, Side::b})
        for (const auto& local : {stream.end(side).end->rtp_local, stream.end(side).end->rtcp_local})
            ports.leave(local, {&stream, side});
}

void Relay::Table::drop(StreamEnd* end, base::Reason reason) {
    ++dropped[static_cast<std::size_t>(reason)];
    if (end) ++end->counters.dropped;
}

// The newest packets are kept: they are what the listener should hear next.
void Relay::Table::hold(StreamEnd& end, const Packet& packet, base::Reason otherwise) {
    if (packet.payload.size() > kHeldBytes) return drop(&end, base::Reason::held_too_many);
    if (end.held.size() == kHeldPackets) {
        end.held.erase(end.held.begin());
        drop(&end, base::Reason::held_too_many);
    }
    end.held.push_back({packet.local, packet.remote, {packet.payload.begin(), packet.payload.end()}, otherwise});
}

Standing Relay::Table::standing(const PortUser& user, const Packet& packet) {
    const StreamEnd& end = user.stream->end(user.side);
    return end.judge(end.component_of(packet), packet.remote);
}

PortUser Relay::Table::choose(const Port& port, const Packet& packet) {
    PortUser best = port.first;
    auto best_standing = standing(best, packet);
    for (const PortUser& user : port.more) {
        const auto other_standing = standing(user, packet);
        if (other_standing <= best_standing) continue;
        best = user;
        best_standing = other_standing;
    }
    return best;
}

std::optional<Forward> Relay::Table::receive(const Packet& packet, base::Time now) {
    const Port* const port = ports.find(packet.local);
    if (!port) {
        drop(nullptr, base::Reason::unknown_port);
        return std::nullopt;
    }
    const PortUser user = port->more.empty() ? port->first : choose(*port, packet);
    StreamEnd& end = user.stream->end(user.side);
    const Component component = end.component_of(packet);
    if (!end.is_media(component, packet.payload)) {
        drop(&end, base::Reason::not_rtp);
        return std::nullopt;
    }
    switch (end.judge(component, packet.remote)) {
        case Standing::refused: drop(&end, base::Reason::wrong_source); return std::nullopt;
        case Standing::unknown: hold(end, packet, base::Reason::wrong_source); return std::nullopt;
        case Standing::may_learn:
        case Standing::named:
            if (end.end->rule == SourceRule::signalling_address) learn(user, component, packet, now);
            break;
        case Standing::accepted: break;
    }
    return accept(user, component, packet, now);
}

// A fork that had guessed at this source was wrong, and learns another.
void Relay::Table::learn(PortUser user, Component component, const Packet& packet, base::Time now) {
    StreamEnd& end = user.stream->end(user.side);
    if (!end.learn(component, packet.remote, now)) return;
    const Component told = end.muxed() ? Component::rtp : component;
    latched.push_back({user.stream->id, user.stream->spec.call, user.side, told, packet.local, packet.remote});
    const Port& port = *ports.find(packet.local);
    if (port.more.empty()) return;
    if (port.first != user) port.first.stream->end(port.first.side).forget(packet.remote);
    for (const PortUser& fork : port.more)
        if (fork != user) fork.stream->end(fork.side).forget(packet.remote);
}

std::optional<Forward> Relay::Table::accept(PortUser user, Component component, const Packet& packet, base::Time now) {
    StreamEnd& end = user.stream->end(user.side);
    const StreamEnd& far = user.stream->end(other(user.side));
    const auto destination = far.destination(component);
    if (!destination) {
        if (far.destination_to_come()) hold(end, packet, base::Reason::no_destination);
        else drop(&end, base::Reason::no_destination);
        return std::nullopt;
    }
    if (far.end->words_key && (component == Component::rtcp || is_surely_rtcp(packet.payload)) &&
        !hide_source_description(packet.payload, far.end->words_key)) {
        drop(&end, base::Reason::not_rtp);
        return std::nullopt;
    }
    EndCounters& counters = end.counters;
    ++counters.packets;
    counters.bytes += packet.payload.size();
    counters.last_packet = now;
    if (component == Component::rtp) {
        if (!counters.latched) counters.latched = packet.remote;
        if (!end.end->plain_relay) end.reception.note(packet.payload, end.end->clock_rate, now);
    }
    return Forward{far.local(component), *destination};
}

void Relay::Table::release_held(StreamEnd& end, bool all, base::Time now) {
    for (HeldPacket& held : std::exchange(end.held, {})) {
        const Packet packet{held.local, held.remote, held.payload};
        if (const Port* port = ports.find(held.local); !all && port && standing(choose(*port, packet), packet) != Standing::named) {
            end.held.push_back(std::move(held));
            continue;
        }
        const auto way = receive(packet, now);
        if (way) released.push_back({*way, std::move(held.payload)});
    }
}

// Of the stream itself and of those that share a port with it: a fork's packets wait with the first. Those that a
// description names go first, lest the fork that has just answered take what another is about to.
void Relay::Table::release_held(Stream& stream, base::Time now) {
    std::vector<StreamEnd*> waiting;
    for (StreamEnd& end : stream.ends) {
        waiting.push_back(&end);
        for (const auto& local : {end.end->rtp_local, end.end->rtcp_local}) {
            const Port* const port = ports.find(local);
            if (!port || port->more.empty()) continue;
            waiting.push_back(&port->first.stream->end(port->first.side));
            for (const PortUser& user : port->more) waiting.push_back(&user.stream->end(user.side));
        }
    }
    for (const bool all : {false, true})
        for (StreamEnd* end : waiting) release_held(*end, all, now);
}

Relay::Relay() : table_(std::make_unique<Table>()) {}
Relay::~Relay() = default;

StreamId Relay::install(const StreamSpec& spec, base::Time now) {
    auto stream = std::make_unique<Stream>();
    std::uint32_t slot;
    if (table_->free_slots.empty()) {
        slot = static_cast<std::uint32_t>(table_->slots.size());
        table_->slots.emplace_back();
    } else {
        slot = table_->free_slots.back();
        table_->free_slots.pop_back();
    }
    stream->id = StreamId{std::uint64_t{++table_->generation} << 32 | (slot + 1)};
    stream->spec = spec;
    stream->installed = now;
    for (std::size_t side = 0; side < 2; ++side) stream->ends[side].end = &stream->spec.ends[side];
    Stream& installed = *(table_->slots[slot] = std::move(stream));
    table_->enter(installed);
    ++table_->size;
    table_->release_held(installed, now);
    return installed.id;
}

void Relay::update(StreamId id, const std::array<End, 2>& ends, bool relearn, base::Time now) {
    Stream* const stream = table_->find(id);
    if (!stream) return;
    for (std::size_t side = 0; side < 2; ++side) stream->ends[side].prepare(ends[side], relearn);
    std::erase_if(table_->latched, [&](const Latched& told) {   // forgotten before anybody was told
        return told.stream == id && !stream->end(told.side).knows(told.component, told.remote);
    });
    const auto same_place = [](const End& x, const End& y) {
        return x.rtp_local == y.rtp_local && x.rtcp_local == y.rtcp_local;
    };
    const bool stays = std::ranges::equal(stream->spec.ends, ends, same_place);  // and keeps its turn at shared ports
    if (!stays) table_->leave(*stream);
    stream->spec.ends = ends;
    if (!stays) table_->enter(*stream);
    table_->release_held(*stream, now);
}

void Relay::learn(StreamId id, Side side, Component component, const base::Endpoint& source, base::Time now) {
    Stream* const stream = table_->find(id);
    if (!stream || stream->end(side).end->rule != SourceRule::signalling_address) return;
    stream->end(side).learn(component, source, now);
}

void Relay::remove(StreamId id) {
    Stream* const stream = table_->find(id);
    if (!stream) return;
    table_->leave(*stream);
    for (StreamEnd& end : stream->ends)
        for (const HeldPacket& packet : end.held) table_->drop(nullptr, packet.otherwise);
    const auto slot = static_cast<std::uint32_t>((id.value & 0xffffffff) - 1);
    table_->slots[slot].reset();
    table_->free_slots.push_back(slot);
    --table_->size;
}

std::optional<Forward> Relay::receive(const Packet& packet, base::Time now) { return table_->receive(packet, now); }
std::vector<Latched> Relay::take_latched() { return std::exchange(table_->latched, {}); }
std::vector<Released> Relay::take_released() { return std::exchange(table_->released, {}); }

const EndCounters* Relay::counters(StreamId id, Side side) const {
    Stream* const stream = table_->find(id);
    if (!stream) return nullptr;
    StreamEnd& end = stream->end(side);
    end.counters.lost = end.reception.lost();
    end.counters.jitter_ms = end.reception.jitter_ms(end.end->clock_rate);
    return &end.counters;
}

const StreamSpec* Relay::spec(StreamId id) const {
    const Stream* const stream = table_->find(id);
    return stream ? &stream->spec : nullptr;
}

base::Time Relay::last_activity(StreamId id) const {
    Stream* const stream = table_->find(id);
    if (!stream) return {};
    return std::max({stream->installed, stream->ends[0].counters.last_packet, stream->ends[1].counters.last_packet});
}

std::size_t Relay::size() const { return table_->size; }

std::uint64_t Relay::dropped(base::Reason reason) const {
    return table_->dropped[static_cast<std::size_t>(reason)];
}

}  // namespace media
