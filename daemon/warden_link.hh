// The engine's end of the socket to the warden: pinholes, bans and table changes go out in batches, answers come
// back. One link a worker, so that no lock is needed; never blocks. Watch fd() for reading, and for writing while
// wants_write(). The namespace is the program's name because <unistd.h> has a function called daemon().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/reason.hh"
#include "nft/pinhole.hh"
#include "nft/table_spec.hh"

namespace sallyportd {

// Names a request on one link; 0: nobody waits for its answer (a refusal is logged by the warden).
using WardenToken = std::uint64_t;

struct WardenAnswer {
    WardenToken token = 0;
    std::optional<base::Reason> refused;    // nothing: the kernel has acknowledged
};

struct WardenInput {
    std::vector<WardenAnswer> answers;
    std::vector<nft::PinholeStatus> pinholes;       // what came of a dump so far
    std::vector<WardenToken> dumps_done;            // after the last pinhole of that dump
    bool closed = false;                            // the warden is gone: end the engine, it can open nothing more
};

class WardenLink {
 public:
    explicit WardenLink(int socket);        // takes ownership
    ~WardenLink();
    WardenLink(const WardenLink&) = delete;
    WardenLink& operator=(const WardenLink&) = delete;

    // All or nothing, one kernel transaction. Queued until flush().
    void submit(WardenToken token, std::span<const nft::Change> changes);
    // Every pinhole in the kernel, of all workers.
    void request_dump(WardenToken token);
    void ban(const base::Address& source, std::uint32_t seconds);
    void unban(const base::Address& source);
    // Closes every pinhole of all workers.
    void reset(WardenToken token);
    // After a reload: the table's rules change in one transaction, pinholes stay. The table's name cannot change.
    void install(WardenToken token, const nft::TableSpec& spec);
    // This worker has asked for all pinholes of the calls that it took back from the journal. Once every worker has, the
    // warden closes what an earlier engine left and nobody asked for.
    void claimed();
    // The engine serves; before this its end is a failed start, after it a crash that is followed by a restart.
    void ready();

    // Once at the end of each turn of the loop: one system call a 64 records. False: the warden is gone.
    bool flush();
    WardenInput on_readable();

    int fd() const { return socket_; }
    bool wants_write() const { return !outgoing_.empty(); }

 private:
    int socket_;
    std::vector<std::vector<std::uint8_t>> outgoing_;
    std::vector<std::uint8_t> incoming_;
};

}  // namespace sallyportd
