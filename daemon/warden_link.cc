#include "daemon/warden_link.hh"

#include <unistd.h>

#include "daemon/warden_socket.hh"
#include "daemon/warden_wire.hh"

namespace sallyportd {

using wire::Operation;

WardenLink::WardenLink(int socket) : socket_(socket) { incoming_.resize(wire::kMostBytes); }
WardenLink::~WardenLink() { close(socket_); }

void WardenLink::submit(WardenToken token, std::span<const nft::Change> changes) {
    wire::ChangeRecord record{};
    record.token = token;
    record.kind = wire::ChangeKind::none;
    record.last = 1;
    if (changes.empty()) wire::append(outgoing_, Operation::change, &record);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        record.kind = changes[i].kind == nft::Change::Kind::open ? wire::ChangeKind::open : wire::ChangeKind::close;
        record.last = i + 1 == changes.size();
        record.pinhole = wire::to_record(changes[i].pinhole);
        wire::append(outgoing_, Operation::change, &record);
    }
}

void WardenLink::request_dump(WardenToken token) {
    const wire::TokenRecord record{token};
    wire::append(outgoing_, Operation::dump, &record);
}

void WardenLink::ban(const base::Address& source, std::uint32_t seconds) {
    wire::BanRecord record{};
    std::memcpy(record.source, source.bytes().data(), 16);
    record.seconds = seconds;
    wire::append(outgoing_, Operation::ban, &record);
}

void WardenLink::unban(const base::Address& source) {
    wire::BanRecord record{};
    std::memcpy(record.source, source.bytes().data(), 16);
    wire::append(outgoing_, Operation::unban, &record);
}

void WardenLink::reset(WardenToken token) {
    const wire::TokenRecord record{token};
    wire::append(outgoing_, Operation::reset, &record);
}

void WardenLink::ready() {
    const wire::TokenRecord record{};
    wire::append(outgoing_, Operation::ready, &record);
}

void WardenLink::claimed() {
    const wire::TokenRecord record{};
    wire::append(outgoing_, Operation::claimed, &record);
}

void WardenLink::install(WardenToken token, const nft::TableSpec& spec) {
    const auto begin = wire::to_record(spec);
    wire::append(outgoing_, Operation::spec_begin, &begin);
    const auto ranged = [this](Operation operation, const base::Address& address, nft::PortSpan ports,
                               const base::Prefix& source, std::uint16_t steer_port) {
        wire::MediaRecord record{};
        std::memcpy(record.address, address.bytes().data(), 16);
        std::memcpy(record.source, source.address.bytes().data(), 16);
        record.source_length = source.length;
        record.first = ports.first;
        record.last = ports.last;
        record.steer_port = steer_port;
        wire::append(outgoing_, operation, &record);
    };
    for (const auto& m : spec.media) ranged(Operation::spec_media, m.address, m.ports, {}, m.steer_port);
    for (const auto& p : spec.permitted) ranged(Operation::spec_permitted, p.address, p.ports, p.source, 0);
    for (const auto& prefix : spec.exempt) ranged(Operation::spec_exempt, {}, {}, prefix, 0);
    for (const auto& door : spec.listeners) {
        wire::ListenerRecord record{};
        std::memcpy(record.address, door.local.address.bytes().data(), 16);
        record.port = door.local.port;
        record.stream = door.stream;
        record.limited = door.limited;
        wire::append(outgoing_, Operation::spec_listener, &record);
    }
    const wire::TokenRecord end{token};
    wire::append(outgoing_, Operation::spec_end, &end);
}

bool WardenLink::flush() { return send_datagrams(socket_, outgoing_); }

WardenInput WardenLink::on_readable() {
    WardenInput input;
    const auto take = [&input](Operation operation, std::span<const std::uint8_t> bytes) {
        if (operation == Operation::answer) {
            const auto record = wire::read<wire::AnswerRecord>(bytes);
            if (record.reason >= base::kReasonCount) return false;
            input.answers.push_back({record.token, std::nullopt});
            if (record.refused != 0) input.answers.back().refused = static_cast<base::Reason>(record.reason);
        } else if (operation == Operation::status) {
            const auto record = wire::read<wire::StatusRecord>(bytes);
            const auto pinhole = wire::pinhole_of(record.pinhole);
            if (!pinhole) return false;
            input.pinholes.push_back({*pinhole, record.packets, record.bytes, record.expires_s});
        } else if (operation == Operation::dump_done) {
            input.dumps_done.push_back(wire::read<wire::TokenRecord>(bytes).token);
        } else {
            return false;
        }
        return true;
    };
    for (std::size_t size = 0; !input.closed;) {
        const auto received = receive_datagram(socket_, incoming_, size);
        if (received == Received::nothing) break;
        input.closed = received == Received::closed || !wire::for_each_record({incoming_.data(), size}, take);
    }
    return input;
}

}  // namespace sallyportd
