// The closed set of fixed-size operations between engine and warden. A datagram is a head and up to 64 records of
// one operation; both ends are one program on one host, so records are plain structs in the host's byte order. The
// warden does not trust the engine: every field is checked when it is read.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "nft/pinhole.hh"
#include "nft/table_spec.hh"

namespace sallyportd::wire {

enum class Operation : std::uint8_t {
    change = 1, dump, ban, unban, reset, claimed, ready,                          // engine to warden
    spec_begin, spec_media, spec_permitted, spec_listener, spec_exempt, spec_end,
    answer, status, dump_done,                                              // warden to engine
};
inline constexpr std::size_t kRecordsPerDatagram = 64;
inline constexpr std::size_t kMostBytes = 8 * 1024;                         // no datagram is longer

struct Head {
    Operation operation;
    std::uint8_t records;
    std::uint8_t unused[6];
};

struct PinholeRecord {
    std::uint8_t protocol, width, unused[2];
    std::uint16_t local_port, remote_port;
    std::uint8_t local[16], remote[16];
    std::uint64_t call;
};

enum class ChangeKind : std::uint8_t { open, close, none };                 // none: an empty request
struct ChangeRecord {
    std::uint64_t token;
    ChangeKind kind;
    std::uint8_t last;                                                      // 1: the request ends here
    std::uint8_t unused[6];
    PinholeRecord pinhole;
};

struct TokenRecord {                                                        // dump, reset, claimed, ready, spec_end, dump_done
    std::uint64_t token;
};
struct BanRecord {                                                          // ban, unban
    std::uint8_t source[16];
    std::uint32_t seconds, unused;
};
struct SpecRecord {
    char table[32];
    std::uint64_t pinhole_timeout_us;
    std::uint32_t mark, signalling_rate, signalling_burst;
    std::uint8_t enforce, unused[3];
};
struct MediaRecord {                                                        // spec_media, spec_permitted, spec_exempt
    std::uint8_t address[16], source[16];
    std::uint16_t first, last, steer_port;
    std::uint8_t source_length, unused;
};
struct ListenerRecord {
    std::uint8_t address[16];
    std::uint16_t port;
    std::uint8_t stream, limited;
};
struct AnswerRecord {
    std::uint64_t token;
    std::uint8_t refused, reason, unused[6];
};
struct StatusRecord {
    PinholeRecord pinhole;
    std::uint64_t packets, bytes;
    std::uint32_t expires_s, unused;
};

// The size of an operation's record; 0: there is no such operation.
std::size_t record_size(Operation operation);

PinholeRecord to_record(const nft::Pinhole& pinhole);
std::optional<nft::Pinhole> pinhole_of(const PinholeRecord& record);
SpecRecord to_record(const nft::TableSpec& spec);
// Takes one spec_* record into the description. False: it is not well-formed.
bool take_spec_record(nft::TableSpec& spec, Operation operation, std::span<const std::uint8_t> record);

// Appends a record to the last datagram where operation and room allow it, else to a new one.
void append(std::vector<std::vector<std::uint8_t>>& datagrams, Operation operation, const void* record);

template <class Record>
Record read(std::span<const std::uint8_t> bytes) {
    Record record;
    std::memcpy(&record, bytes.data(), sizeof record);
    return record;
}

// Calls `each(operation, bytes of the record)`. False: no well-formed datagram, or `each` said no.
template <class Each>
bool for_each_record(std::span<const std::uint8_t> datagram, const Each& each) {
    if (datagram.size() < sizeof(Head)) return false;
    const auto head = read<Head>(datagram);
    const auto size = record_size(head.operation);
    if (size == 0 || datagram.size() != sizeof(Head) + head.records * size) return false;
    for (std::size_t i = 0; i < head.records; ++i)
        if (!each(head.operation, datagram.subspan(sizeof(Head) + i * size, size))) return false;
    return true;
}

}  // namespace sallyportd::wire
