// What a call knows of reliable provisional responses (RFC 3262) while their INVITE is answered.
#pragma once

#include <cstdint>

#include "base/timers.hh"
#include "sbc/media_line.hh"
#include "sip/transactions.hh"

namespace sbc {

struct DialogPair;

// What the sender of an INVITE makes of provisional responses.
enum class Reliability : std::uint8_t { none, welcome, demanded };

// A 1xx that we send until its PRACK comes. Kept until its INVITE has been answered.
struct ReliableResponse {
    sip::ServerId server;                // of the INVITE
    const DialogPair* pair = nullptr;
    Side side = Side::a;                 // who gets it
    std::uint32_t cseq = 0, rseq = 0;    // as that side knows them
    std::uint32_t far_rseq = 0;          // as the other side knows it; 0: it is reliable here only
    sip::Message response = sip::Message::response(100);
    bool written = false;                // `response` is ready to leave
    bool sent = false, acknowledged = false;
    bool described = false;              // it carries a session description
    base::Duration interval{};
    base::Time give_up{};
    base::TimerHandle timer;
};

// A 2xx that may not leave before the PRACK of a described 1xx has come (3).
struct WithheldAnswer {
    sip::ServerId server;
    Side side = Side::a;                 // who is to get it
    bool first = false;                  // of the request that made the call
    sip::Message response;
};

// The last reliable 1xx that was taken from one side, and the INVITE that it answers.
struct HeardResponse {
    std::uint32_t cseq = 0, rseq = 0;
};

}  // namespace sbc
