#include "daemon/warden_desk.hh"

#include <unistd.h>

#include "base/log.hh"
#include "daemon/warden_socket.hh"
#include "daemon/warden_wire.hh"

namespace sallyportd {
namespace {

using wire::Operation;

constexpr std::size_t kMostChanges = 4096;          // of one request
constexpr std::size_t kMostRanges = 65536;          // of one description
constexpr int kDatagramsATurn = 32;                 // of one link, so that every link has its turn

base::Address address_of(const std::uint8_t (&bytes)[16]) {
    base::Address::Bytes copy;
    std::memcpy(copy.data(), bytes, 16);
    return base::Address::from_bytes(copy);
}

}  // namespace

WardenDesk::WardenDesk(nft::TableKeeper& keeper, std::vector<int> sockets) : keeper_(keeper) {
    for (const int socket : sockets) links_.emplace_back().socket = socket;
    incoming_.resize(wire::kMostBytes);
}

WardenDesk::~WardenDesk() {
    for (const auto& link : links_)
        if (link.socket >= 0) close(link.socket);
}

void WardenDesk::add_to(std::vector<pollfd>& watched) const {
    for (const auto& link : links_)
        watched.push_back({link.socket, static_cast<short>(link.outgoing.empty() ? POLLIN : POLLIN | POLLOUT), 0});
}

void WardenDesk::serve(std::span<const pollfd> seen, base::Time now) {
    now_ = now;
    for (std::size_t i = 0; i < links_.size(); ++i)
        if (seen[i].revents != 0 && links_[i].socket >= 0) read_link(i);
    commit();
    for (std::size_t i = 0; i < links_.size(); ++i) {
        auto& link = links_[i];
        if (link.socket >= 0 && !link.outgoing.empty() && !send_datagrams(link.socket, link.outgoing))
            drop(i, "");
    }
}

void WardenDesk::read_link(std::size_t link) {
    const auto each = [this, link](Operation operation, std::span<const std::uint8_t> record) {
        return take(link, static_cast<std::uint8_t>(operation), record);
    };
    std::size_t size = 0;
    for (int i = 0; i < kDatagramsATurn; ++i) {
        const auto received = receive_datagram(links_[link].socket, incoming_, size);
        if (received == Received::nothing) return;
        if (received == Received::closed) return drop(link, "");
        if (!wire::for_each_record({incoming_.data(), size}, each)) return drop(link, "not well-formed");
        // A full one is followed by another; whatever else waits is for the next turn, and costs no vain call now.
        if (wire::read<wire::Head>(incoming_).records < wire::kRecordsPerDatagram) return;
    }
}

bool WardenDesk::take(std::size_t link, std::uint8_t number, std::span<const std::uint8_t> record) {
    const auto operation = static_cast<Operation>(number);
    if (operation == Operation::change) return take_change(link, record);
    commit();   // what was asked before comes before
    auto& spec = links_[link].spec;
    switch (operation) {
        case Operation::dump: dump(link, wire::read<wire::TokenRecord>(record).token); return true;
        case Operation::ban:
        case Operation::unban: take_ban(number, record); return true;
        case Operation::reset:
            answer(link, wire::read<wire::TokenRecord>(record).token, keeper_.close_all(now_));
            return true;
        case Operation::claimed: ++claims_; return true;
        case Operation::ready: ready_ = true; return true;
        case Operation::spec_begin:
        case Operation::spec_media:
        case Operation::spec_permitted:
        case Operation::spec_listener:
        case Operation::spec_exempt:
            return spec.media.size() + spec.permitted.size() + spec.listeners.size() + spec.exempt.size() < kMostRanges &&
                   wire::take_spec_record(spec, operation, record);
        case Operation::spec_end:
            answer(link, wire::read<wire::TokenRecord>(record).token, keeper_.reload(std::move(spec), now_));
            spec = {};
            return true;
        default: return false;
    }
}

bool WardenDesk::take_change(std::size_t link, std::span<const std::uint8_t> bytes) {
    const auto record = wire::read<wire::ChangeRecord>(bytes);
    auto& partial = links_[link].partial;
    if (record.kind != wire::ChangeKind::none) {
        const auto pinhole = wire::pinhole_of(record.pinhole);
        if (!pinhole || record.kind > wire::ChangeKind::none || partial.size() >= kMostChanges) return false;
        const bool open = record.kind == wire::ChangeKind::open;
        partial.push_back({open ? nft::Change::Kind::open : nft::Change::Kind::close, *pinhole});
    }
    if (record.last == 0) return true;
    if (requests_.size() == asked_.size()) requests_.emplace_back();
    requests_[asked_.size()].swap(partial);
    partial.clear();
    asked_.push_back({link, record.token});
    return true;
}

void WardenDesk::take_ban(std::uint8_t operation, std::span<const std::uint8_t> bytes) {
    const auto record = wire::read<wire::BanRecord>(bytes);
    const auto source = address_of(record.source);
    const bool on = static_cast<Operation>(operation) == Operation::ban && record.seconds > 0;
    const auto outcome =
        on ? keeper_.ban(source, std::chrono::seconds(record.seconds), now_) : keeper_.unban(source, now_);
    if (outcome) base::log::warning("ban_refused", "source=" + source.to_string());
}

void WardenDesk::commit() {
    if (asked_.empty()) return;
    const auto outcomes = keeper_.commit({requests_.data(), asked_.size()}, now_);
    for (std::size_t i = 0; i < asked_.size(); ++i) answer(asked_[i].link, asked_[i].token, outcomes[i]);
    asked_.clear();
}

void WardenDesk::answer(std::size_t link, std::uint64_t token, const nft::TableKeeper::Outcome& outcome) {
    if (token == 0) {
        if (outcome)
            base::log::warning("change_refused", "reason=" + std::string(base::name_of(*outcome)));
        return;
    }
    wire::AnswerRecord record{};
    record.token = token;
    record.refused = outcome.has_value();
    record.reason = outcome ? static_cast<std::uint8_t>(*outcome) : std::uint8_t{0};
    wire::append(links_[link].outgoing, Operation::answer, &record);
}

void WardenDesk::dump(std::size_t link, std::uint64_t token) {
    auto& outgoing = links_[link].outgoing;
    for (const auto& status : keeper_.dump().value_or(std::vector<nft::PinholeStatus>{})) {
        wire::StatusRecord record{};
        record.pinhole = wire::to_record(status.pinhole);
        record.packets = status.packets;
        record.bytes = status.bytes;
        record.expires_s = status.expires_s;
        wire::append(outgoing, Operation::status, &record);
    }
    const wire::TokenRecord done{token};
    wire::append(outgoing, Operation::dump_done, &done);
}

void WardenDesk::drop(std::size_t index, const char* cause) {
    auto& link = links_[index];
    if (*cause != '\0')
        base::log::error("warden_link_closed", "link=" + std::to_string(index) + " cause=\"" + cause + "\"");
    close(link.socket);
    link = Link{};
}

}  // namespace sallyportd
