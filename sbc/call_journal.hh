// An established call as a record of the journal: everything that it needs to live on in another process, as plain
// values. What the policy gives is kept by name (zones, peers, topologies, header rules), because the next process may
// have read another one; but not the rules that the call was agreed on by: those hold as long as it lives. Transactions
// are not kept: who waits for an answer asks again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hh"
#include "base/time.hh"
#include "media/relay.hh"
#include "sbc/call.hh"

namespace sbc {

struct Context;

struct KeptParty {
    std::string zone, peer;                           // peer: empty when it is none
    base::Transport transport = base::Transport::udp;
    base::Endpoint local, remote, ours;               // of its flow; a connection does not outlive its process
    std::string contact, sent_by, topology, headers;
    bool is_target = false, counted = false;
    policy::CallLoad load;
    policy::CallRules rules;
    std::optional<bool> updates;
    OwnDescriptions descriptions;
};

struct KeptPorts {
    base::Address address, advertised;
    std::uint16_t even = 0;
};

struct KeptLine {
    std::string type;
    bool active = false;
    std::array<KeptPorts, 2> ports;
    std::array<media::End, 2> ends;
    std::array<std::uint8_t, 2> directions{};
    std::array<bool, 2> mux{};
    std::array<std::array<std::optional<base::Endpoint>, 2>, 2> latched;
};

// An INVITE that was answered by a 2xx whose ACK has not crossed yet.
struct KeptInvite {
    Side from = Side::a;
    std::uint32_t cseq_from = 0, cseq_to = 0;
    bool offer_in_request = false, own_offer = false;
};

// The last ACK that we sent towards a side; its bytes only where it carried a description.
struct KeptAck {
    std::uint32_t cseq = 0;
    std::string bytes;
};

struct KeptSession {
    std::uint32_t seconds = 0, minimum = 0;
    bool ours = false;
    base::Time expires;                               // by the wall clock
};

struct KeptCall {
    std::uint64_t number = 0;
    std::uint32_t workers = 0;                        // media ports are shared out by it
    std::string from, to, route;
    base::Time started, answered;                     // by the wall clock
    std::array<KeptParty, 2> parties;
    std::array<sip::Dialog, 2> dialogs;
    std::vector<KeptLine> lines;
    bool offered = false;                             // the lines are an offer that the ACK is to answer
    Side offerer = Side::a;
    std::array<KeptAck, 2> acks;
    std::vector<KeptInvite> unfinished;
    bool settled = false;
    std::array<KeptSession, 2> sessions;
    std::string requested;
    bool emergency = false;
    std::uint64_t words_key = 0;
    std::optional<base::Time> ringing;                // by the wall clock
    std::optional<OwnOffer> own_offer;
};

std::string key_of(base::CallNumber number);
base::WorkerId worker_of(base::CallNumber number);
bool is_call_key(std::string_view key);

KeptParty kept_of(const Call& call, const Party& party);
// The call must have a chosen pair.
KeptCall kept_of(const Context& context, const Call& call);
std::string encode(const KeptCall& record);
// Nothing: not well-formed, or of a version that we don't read.
std::optional<KeptCall> decode_call(std::string_view bytes);

}  // namespace sbc
