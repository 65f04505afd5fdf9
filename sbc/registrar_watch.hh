// Registrars whose phones survive them (`survive` of a zone; docs/decisions/0020): whether one is gone, and when it is
// back. What fails there, in whichever worker, is a suspicion. The first worker follows it with REGISTERs of our own
// that ask for nothing (RFC 3261, 10.2.3): silence and 503 from all targets mean that it is gone, anything else that it
// is there. All workers hear of it. Meanwhile nothing is sent to it but such scouts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hh"
#include "base/timers.hh"
#include "sip/transactions.hh"

namespace sbc {

struct Context;

// What a worker tells another of a registrar; B2bua::on_news() is to hear it.
struct RegistrarNews {
    enum class Kind : std::uint8_t { suspected, gone, back } kind = Kind::suspected;
    std::string peer;
    std::optional<base::WorkerId> to;     // nothing: all others
};

// One that was suspected.
struct WatchedRegistrar {
    std::uint64_t number = 0;             // names it in timers and transactions
    bool gone = false;
    base::Time since{}, suspected{};
    std::vector<sip::ClientId> scouts;    // on their way
    base::TimerHandle timer;              // of scouts that have no answer yet, or of the next ones
};

using WatchedRegistrars = std::map<std::string, WatchedRegistrar, std::less<>>;   // by the peer's name

bool is_gone(const Context& context, std::string_view peer);

// A request met silence or 503 there. Of peers whom nobody survives nothing becomes of it.
void suspect(Context& context, base::PeerId peer);
void hear(Context& context, const RegistrarNews& news);
// `status`: of the final response; 0: none came.
void scout_answered(Context& context, std::uint64_t number, sip::ClientId client, int status);
void scouts_are_due(Context& context, std::uint64_t number);
// After a reload: those that nobody survives any more are watched no longer.
void settle_registrars(Context& context);

}  // namespace sbc
