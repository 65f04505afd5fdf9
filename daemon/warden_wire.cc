#include "daemon/warden_wire.hh"

#include <algorithm>

namespace sallyportd::wire {
namespace {

base::Address address_of(const std::uint8_t (&bytes)[16]) {
    base::Address::Bytes copy;
    std::memcpy(copy.data(), bytes, 16);
    return base::Address::from_bytes(copy);
}

void put(std::uint8_t (&out)[16], const base::Address& address) { std::memcpy(out, address.bytes().data(), 16); }

std::optional<base::Prefix> prefix_of(const MediaRecord& record) {
    if (record.source_length > 128) return std::nullopt;
    return base::Prefix{address_of(record.source), record.source_length};
}

}  // namespace

std::size_t record_size(Operation operation) {
    switch (operation) {
        case Operation::change: return sizeof(ChangeRecord);
        case Operation::dump:
        case Operation::reset:
        case Operation::claimed:
        case Operation::ready:
        case Operation::spec_end:
        case Operation::dump_done: return sizeof(TokenRecord);
        case Operation::ban:
        case Operation::unban: return sizeof(BanRecord);
        case Operation::spec_begin: return sizeof(SpecRecord);
        case Operation::spec_media:
        case Operation::spec_permitted:
        case Operation::spec_exempt: return sizeof(MediaRecord);
        case Operation::spec_listener: return sizeof(ListenerRecord);
        case Operation::answer: return sizeof(AnswerRecord);
        case Operation::status: return sizeof(StatusRecord);
    }
    return 0;
}

PinholeRecord to_record(const nft::Pinhole& pinhole) {
    PinholeRecord record{};
    record.protocol = static_cast<std::uint8_t>(pinhole.protocol);
    record.width = static_cast<std::uint8_t>(pinhole.width);
    record.local_port = pinhole.local.port;
    record.remote_port = pinhole.remote.port;
    put(record.local, pinhole.local.address);
    put(record.remote, pinhole.remote.address);
    record.call = pinhole.call.value;
    return record;
}

std::optional<nft::Pinhole> pinhole_of(const PinholeRecord& record) {
    if (record.protocol > static_cast<std::uint8_t>(nft::Protocol::tcp)) return std::nullopt;
    if (record.width > static_cast<std::uint8_t>(nft::Width::zone)) return std::nullopt;
    nft::Pinhole pinhole;
    pinhole.protocol = static_cast<nft::Protocol>(record.protocol);
    pinhole.width = static_cast<nft::Width>(record.width);
    pinhole.local = {address_of(record.local), record.local_port};
    pinhole.remote = {address_of(record.remote), record.remote_port};
    pinhole.call = base::CallNumber{record.call};
    return pinhole;
}

SpecRecord to_record(const nft::TableSpec& spec) {
    SpecRecord record{};
    std::memcpy(record.table, spec.table.data(), std::min(spec.table.size(), sizeof record.table - 1));
    record.pinhole_timeout_us = static_cast<std::uint64_t>(spec.pinhole_timeout.count());
    record.mark = spec.mark;
    record.signalling_rate = spec.signalling_rate;
    record.signalling_burst = spec.signalling_burst;
    record.enforce = spec.enforce;
    return record;
}

bool take_spec_record(nft::TableSpec& spec, Operation operation, std::span<const std::uint8_t> bytes) {
    if (operation == Operation::spec_begin) {
        const auto record = read<SpecRecord>(bytes);
        const std::uint64_t day = 86'400'000'000;
        if (record.pinhole_timeout_us > day || record.signalling_rate == 0 || record.signalling_burst == 0) return false;
        spec = {};
        spec.table.assign(record.table, strnlen(record.table, sizeof record.table));
        spec.pinhole_timeout = base::Duration(static_cast<std::int64_t>(record.pinhole_timeout_us));
        spec.mark = record.mark;
        spec.signalling_rate = record.signalling_rate;
        spec.signalling_burst = record.signalling_burst;
        spec.enforce = record.enforce != 0;
        return true;
    }
    if (operation == Operation::spec_listener) {
        const auto record = read<ListenerRecord>(bytes);
        spec.listeners.push_back({{address_of(record.address), record.port}, record.stream != 0, record.limited != 0});
        return true;
    }
    const auto record = read<MediaRecord>(bytes);
    const auto source = prefix_of(record);
    const nft::PortSpan ports{record.first, record.last};
    if (!source || ports.first > ports.last) return false;
    if (operation == Operation::spec_media) spec.media.push_back({address_of(record.address), ports, record.steer_port});
    if (operation == Operation::spec_permitted) spec.permitted.push_back({address_of(record.address), ports, *source});
    if (operation == Operation::spec_exempt) spec.exempt.push_back(*source);
    return true;
}

void append(std::vector<std::vector<std::uint8_t>>& datagrams, Operation operation, const void* record) {
    const auto size = record_size(operation);
    const bool fits = !datagrams.empty() && read<Head>(datagrams.back()).operation == operation &&
                      read<Head>(datagrams.back()).records < kRecordsPerDatagram;
    if (!fits) {
        auto& fresh = datagrams.emplace_back();
        fresh.reserve(sizeof(Head) + kRecordsPerDatagram * size);
        fresh.resize(sizeof(Head));
        fresh[0] = static_cast<std::uint8_t>(operation);
    }
    auto& datagram = datagrams.back();
    const auto* bytes = static_cast<const std::uint8_t*>(record);
    datagram.insert(datagram.end(), bytes, bytes + size);
    ++datagram[1];
}

}  // namespace sallyportd::wire
