// The compiled rules of a snapshot: routes and access. Asked by routing.cc and admission.cc, written by the
// loader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/routing.hh"
#include "policy/snapshot.hh"
#include "policy/status_range.hh"
#include "policy/units.hh"

namespace policy {

// One regular expression and what it is asked about.
struct Condition {
    enum class Subject : std::uint8_t {
        from_user,
        from_host,
        to_user,
        to_host,
        request_user,
        request_host,
        header
    };
    Subject subject = Subject::to_user;
    std::string header;   // for Subject::header
    std::string pattern;  // as written
    std::shared_ptr<const re2::RE2> regex;
};

// All that is given must hold; what is empty holds always.
struct Match {
    std::vector<std::string> methods;
    std::vector<base::Prefix> sources;
    std::optional<base::PeerId> peer;
    std::optional<base::Transport> transport;
    std::optional<bool> registered;
    std::optional<bool> emergency;
    std::vector<Condition> conditions;
};

// Where a request comes from: a whole zone, or one peer of it.
struct Origin {
    base::ZoneId zone;
    base::PeerId peer = base::kNoPeer;  // kNoPeer: the whole zone
    bool covers(const Origin& other) const {
        return zone == other.zone && (peer == base::kNoPeer || peer == other.peer);
    }
};

struct RouteTarget {
    base::PeerId peer;
    std::uint32_t weight = 1;
};

struct Route {
    enum class Order : std::uint8_t { first, weighted, hash };
    enum class HashOn : std::uint8_t { call_id, from_user, to_user, request_user, source };
    std::string name;
    Place place;
    std::vector<Origin> from;
    Match match;
    std::vector<RouteTarget> to;  // empty: the route rejects, unless it is for registered phones
    bool registered = false;      // to the phones that have registered the address that is asked for
    Order order = Order::first;
    HashOn hash_on = HashOn::call_id;
    StatusRanges failover_on{{503, 503}};
    base::Duration failover_after{std::chrono::seconds(5)};
    Forking fork = Forking::none;
    base::Duration ring{std::chrono::seconds(20)};
    int reject_code = 0;
    std::string reject_reason;
    const Topology* topology = nullptr;
    const HeaderRules* headers = nullptr;
    CallRules call_rules;               // of the target's side
};

struct AccessRule {
    std::string name;
    Place place;
    base::ZoneId zone;
    std::vector<base::Prefix> sources;  // with `peers` both empty: every source
    std::vector<base::PeerId> peers;
    std::vector<std::string> methods;  // empty: all
    bool allow = true;
    std::optional<Rate> rate;        // of each source
    std::optional<Rate> total_rate;  // of all sources together
    std::uint64_t fingerprint = 0;   // of all that the rule says: buckets survive a reload by it
    bool auth_is_said = false;       // else the zone's
    std::shared_ptr<const Authentication> auth;

    bool names_source(const Facts& facts) const;
    bool names_method(const Facts& facts) const;
    bool decides(const Facts& facts) const { return zone == facts.zone && names_source(facts) && names_method(facts); }
};

struct Snapshot::Rules {
    std::vector<Route> routes;
    std::vector<AccessRule> access;
    bool auth_is_said = false;       // by any of them
};

// FNV-1a, 64 bits: fingerprints and spreading, nothing that an enemy could profit from.
inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325U;
constexpr std::uint64_t hash_more(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

}  // namespace policy
