// What the stories of one worker share: its tables, its ways out, the time of this turn. Plain state and small
// questions; the decisions stand in the stories.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/entropy.hh"
#include "base/text.hh"
#include "base/timers.hh"
#include "policy/admission.hh"
#include "sbc/call.hh"
#include "sbc/carrier_registration.hh"
#include "sbc/effects.hh"
#include "sbc/environment.hh"
#include "sbc/peer_login.hh"
#include "sbc/pinhole_wait.hh"
#include "sbc/port_pools.hh"
#include "sbc/registration.hh"
#include "sbc/registration_loss.hh"
#include "sbc/registration_turns.hh"
#include "sbc/targets.hh"
#include "sbc/views.hh"
#include "sip/nonces.hh"

namespace sbc {

// Which story an outcome of a transaction belongs to.
struct Owner {
    enum class Kind : std::uint8_t { call, request, probe, carrier, farewell } kind = Kind::call;
    std::uint64_t number = 0;      // CallNumber, relayed request, target, carrier registration, or farewell
};

// What a timer wakes.
struct Alarm {
    enum class Kind : std::uint8_t {
        resend_answer, resend_reliable, no_reply, ring, timer_c, media_check, call_limit, session, registration, probe, carrier,
        transfer,
    } kind = Kind::resend_answer;
    std::uint64_t number = 0;      // the call, the target, the registration, or the carrier registration
    std::uint64_t detail = 0;      // the transaction
};

// A request outside any dialog on its way through.
struct RelayedRequest {
    RelayedRequest(sip::ServerId server_, sip::Message request_, Party from_)
        : server(server_), request(std::move(request_)), from(std::move(from_)) {}

    sip::ServerId server;
    sip::ClientId client;
    sip::Message request;
    std::uint64_t number = 0;
    Party from, to;
    policy::RouteDecision route;
    std::vector<Way> ways;         // targets to try, in this order
    std::size_t next_way = 0;
    policy::SnapshotPtr policy;    // the one that it began with
    std::string local_tag;
    std::shared_ptr<LoginAttempt> login_attempt;   // at a peer that may ask for our password
    // REGISTER only
    std::string aor;
    std::vector<PendingBinding> bindings;
    bool all_bindings = false;     // Contact: *
    std::string near_call_id, far_call_id;
    std::uint32_t far_cseq = 0;
    std::string counted;           // the peer whose limit on REGISTERs it counts in; empty: none
};

// A REFER whose dialog another worker was asked for.
struct AskedReferral {
    base::CallNumber call;
    sip::RequestArrived arrived;
};

struct Context {
    Context(const Environment& environment, policy::SnapshotPtr policy_, base::Time now_);

    base::WorkerId worker;
    unsigned workers;
    base::Entropy& entropy;
    media::Relay& relay;
    policy::SnapshotPtr policy;
    base::Time now;
    policy::Admission admission;
    sip::Transactions transactions;
    base::Timers<Alarm> timers;
    PortPools pools;
    Registrations registrations;
    CarrierRegistrations carriers;
    base::Key256 key;               // one for all workers
    sip::Nonces nonces;
    bool draining = false;
    Refusals refusals{};
    void refused(base::Reason reason) { ++refusals[static_cast<std::size_t>(reason)]; }
    Totals totals;                 // the counting ones; the rest is asked of the tables

    std::unordered_map<base::CallNumber, std::unique_ptr<Call>> calls;
    std::unordered_map<std::string, base::CallNumber, base::TextHash, std::equal_to<>> calls_by_tag;  // our tags
    std::unordered_map<media::StreamId, base::CallNumber> calls_by_stream;
    std::unordered_map<std::uint64_t, RelayedRequest> requests;
    RegisterTurns turns;
    std::unordered_map<std::uint64_t, Farewell> farewells;
    std::unordered_map<sip::ServerId, Owner> servers;
    std::unordered_map<sip::ClientId, Owner> clients;
    std::unordered_map<std::uint64_t, PinholeRequest> pinhole_requests;   // by token
    std::unordered_map<std::uint64_t, AskedReferral> referrals;           // by question
    Targets targets;
    std::unordered_map<base::Endpoint, base::Time> datagrams_only;   // who refused TCP, and until when that is believed
    std::unordered_map<std::string, KnownChallenge> challenges;  // by the peer's name
    std::unordered_map<std::string, std::uint32_t> peer_calls;   // by the peer's name: it outlives a reload
    std::vector<Effect> effects;
    base::Duration wall;           // see Environment
    std::vector<base::CallNumber> touched;                       // what journal_touched() is to look at
    std::vector<std::string> touched_registrations;
    std::unordered_map<base::CallNumber, std::size_t> journalled;   // the hash, or the stage, of what is kept
    std::uint64_t last_number = 0, last_token = 0, last_question = 0;

    // Moves what the transaction layer wants sent to the end of the effects, so that the order of effects is the
    // order of happening.
    void collect_sends();
    void change_pinholes(PinholeToken token, std::vector<nft::Change> changes);

    // The party's load against the limits of its peer; answers why not.
    std::optional<base::Reason> count(Party& party);
    void uncount(const policy::Snapshot& of_call, Party& party);
    Call* call(base::CallNumber number);
    Call* call_by_tag(std::string_view our_tag);
    std::string token() ;
    base::CallNumber next_call_number() { return {++last_number * 256 + worker.value}; }

    // The party that a flow's messages come from.
    Party party_of(const base::Flow& flow) const;
    // How messages towards a peer's target look and where they go; nothing when no listener fits.
    std::optional<Party> party_of(base::PeerId peer, const sip::Target& target, const policy::RouteDecision* route) const;
    // The same for a phone behind a known flow.
    Party party_towards(const base::Flow& flow, const policy::RouteDecision* route) const;
    // Our Contact and Via sent-by at the party's door.
    void introduce(Party& party, std::string_view user) const;
};

}  // namespace sbc
