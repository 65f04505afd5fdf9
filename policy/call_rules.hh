// How the dialogs of a call are kept at one side: what a zone, a peer or a route says about extensions of RFC 3261, and
// about its large requests.
// Each key by itself holds from the nearest that has it: route, peer, zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hh"

namespace policy {

// Reliable provisional responses (RFC 3262) at this side.
enum class Reliable : std::uint8_t {
    pass,     // as both sides agree; what the caller requires and the callee does not speak is done here
    require,  // callers must have it and get every 1xx reliably; callees are required to send them so
    off,      // nobody at this side hears of it
};

// Session timers (RFC 4028) at this side.
enum class SessionMode : std::uint8_t {
    pass,   // the two ends agree; we watch
    local,  // this side agrees with us
    off,    // nobody at this side hears of it
};
enum class Refresh : std::uint8_t { automatic, update, invite };

struct SessionRules {
    SessionMode mode = SessionMode::pass;
    base::Duration expires{std::chrono::minutes(30)};
    base::Duration minimum{std::chrono::seconds(90)};
    Refresh refresh = Refresh::automatic;
};

// A 3xx from a callee at this side.
enum class Redirects : std::uint8_t {
    relay,   // the caller hears it
    follow,  // as a new call of the caller would go, by the routes
    refuse,  // the caller hears 480
};

// A REFER within a call from this side (RFC 3515). Each is first judged as a call of its sender to where it points.
enum class Transfer : std::uint8_t {
    relay,      // the other end hears it, and calls by itself
    carry_out,  // we call, and connect the other end
    refuse,     // its sender hears 603
};

// A request that is too large for a datagram (RFC 3261, 18.1.1).
enum class LargeRequests : std::uint8_t {
    tcp,    // by TCP where our zone listens there; as a datagram where that is refused
    udp,    // a datagram all the same
};

struct CallRules {
    std::optional<Reliable> reliable;
    std::optional<SessionRules> session;
    std::optional<Redirects> redirects;   // nothing: relay to who may see the inside's names, refuse others
    std::optional<Transfer> transfer;     // nothing: relay
    std::optional<LargeRequests> large_requests;   // nothing: tcp
    std::optional<std::uint16_t> mtu;     // of the path; nothing: unknown
    // What an INVITE to this side offers where its sender makes no offer (RFC 3261, 13.2.1): a description to be anchored.
    // Empty, or nothing: no offer, as it came.
    std::optional<std::string> own_offer;
};

// What `near` leaves open is taken from `far`.
inline CallRules filled(CallRules near, const CallRules& far) {
    if (!near.reliable) near.reliable = far.reliable;
    if (!near.session) near.session = far.session;
    if (!near.redirects) near.redirects = far.redirects;
    if (!near.transfer) near.transfer = far.transfer;
    if (!near.large_requests) near.large_requests = far.large_requests;
    if (!near.mtu) near.mtu = far.mtu;
    if (!near.own_offer) near.own_offer = far.own_offer;
    return near;
}

}  // namespace policy
