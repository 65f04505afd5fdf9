// Owns: which fields of a call are kept, in which order (a new field is appended, and kVersion counts up).
#include "sbc/call_journal.hh"

#include <algorithm>

#include "sbc/context.hh"
#include "sbc/record_bytes.hh"

// The lists of fields stand beside the types that they are of, where the codec finds them.
namespace sip {

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, Dialog>
void fields(Codec& codec, Record& dialog) {
    codec(dialog.call_id, dialog.local_tag, dialog.remote_tag, dialog.local_uri, dialog.remote_uri, dialog.local_cseq,
          dialog.remote_cseq, dialog.remote_target, dialog.route_set, dialog.secure);
}

}  // namespace sip

namespace media {

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, End>
void fields(Codec& codec, Record& end) {
    codec(end.rtp_local, end.rtcp_local, end.rtp_remote, end.rtcp_remote);
    codec.enumerated(end.rule, SourceRule::signalling_address);
    codec(end.learn_from, end.may_send, end.plain_relay, end.clock_rate, end.words_key);
}

}  // namespace media

namespace policy {

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, CallLoad>
void fields(Codec& codec, Record& load) {
    codec.enumerated(load.direction, CallLoad::Direction::out);
    codec(load.kbits, load.emergency);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, SessionRules>
void fields(Codec& codec, Record& rules) {
    codec.enumerated(rules.mode, SessionMode::off);
    codec(rules.expires, rules.minimum);
    codec.enumerated(rules.refresh, Refresh::invite);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, CallRules>
void fields(Codec& codec, Record& rules) {
    codec.enumerated(rules.reliable, Reliable::off);
    codec(rules.session);
    codec.enumerated(rules.redirects, Redirects::refuse);
    codec.enumerated(rules.transfer, Transfer::refuse);
    codec.enumerated(rules.large_requests, LargeRequests::udp);
    codec(rules.mtu, rules.own_offer);
}

}  // namespace policy

namespace sbc {
namespace {

constexpr std::uint8_t kVersion = 6;
constexpr char kKind = 'c';

KeptLine kept_of(const MediaLine& line) {
    KeptLine record{line.type, line.active, {}, line.ends, {}, line.mux, line.latched};
    for (const Side side : {Side::a, Side::b}) {
        const auto& ports = line.ports[at(side)];
        if (ports.even) record.ports[at(side)] = {ports.pool->address(), ports.advertised, ports.even};
        record.directions[at(side)] = static_cast<std::uint8_t>(line.directions[at(side)]);
    }
    return record;
}

KeptSession kept_of(const Context& context, const SessionTimer& session) {
    return {session.seconds, session.minimum, session.ours, session.expires + context.wall};
}

bool has_body(const std::string& message) { return !message.ends_with("\r\n\r\n"); }

}  // namespace

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, OwnDescriptions>
void fields(Codec& codec, Record& own) {
    codec(own.origin_id, own.origin_version, own.last, own.offered, own.agreed);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptParty>
void fields(Codec& codec, Record& party) {
    codec(party.zone, party.peer);
    codec.enumerated(party.transport, base::Transport::wss);
    codec(party.local, party.remote, party.ours, party.contact, party.sent_by, party.topology, party.headers,
          party.is_target, party.counted, party.load, party.rules, party.updates, party.descriptions);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptPorts>
void fields(Codec& codec, Record& ports) { codec(ports.address, ports.advertised, ports.even); }

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptLine>
void fields(Codec& codec, Record& line) {
    codec(line.type, line.active, line.ports, line.ends);
    for (auto& direction : line.directions) codec.enumerated(direction, sdp::Direction::inactive);
    codec(line.mux, line.latched);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptInvite>
void fields(Codec& codec, Record& invite) {
    codec.enumerated(invite.from, Side::b);
    codec(invite.cseq_from, invite.cseq_to, invite.offer_in_request, invite.own_offer);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, OwnOffer>
void fields(Codec& codec, Record& own) {
    codec.enumerated(own.to, Side::b);
    codec.enumerated(own.stage, OwnOffer::Stage::agreed);
    codec(own.ours, own.answer, own.repair);
}

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptAck>
void fields(Codec& codec, Record& ack) { codec(ack.cseq, ack.bytes); }

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptSession>
void fields(Codec& codec, Record& session) { codec(session.seconds, session.minimum, session.ours, session.expires); }

template <class Codec, class Record>
    requires std::same_as<std::remove_const_t<Record>, KeptCall>
void fields(Codec& codec, Record& call) {
    codec(call.number, call.workers, call.from, call.to, call.route, call.started, call.answered, call.parties,
          call.dialogs, call.lines, call.offered);
    codec.enumerated(call.offerer, Side::b);
    codec(call.acks, call.unfinished, call.settled, call.sessions, call.requested, call.emergency, call.ringing,
          call.words_key, call.own_offer);
}

std::string key_of(base::CallNumber number) { return kKind + std::to_string(number.value); }

base::WorkerId worker_of(base::CallNumber number) { return {static_cast<std::uint8_t>(number.value & 0xff)}; }

bool is_call_key(std::string_view key) { return key.starts_with(kKind); }

KeptParty kept_of(const Call& call, const Party& party) {
    KeptParty record;
    record.zone = call.policy->zone(party.zone).name;
    if (party.peer != base::kNoPeer) record.peer = call.policy->peer(party.peer).name;
    record.transport = party.flow.transport;
    record.local = party.flow.local;
    record.remote = party.flow.remote;
    record.ours = party.ours;
    record.contact = party.contact;
    record.sent_by = party.sent_by;
    if (party.topology) record.topology = party.topology->name;
    if (party.headers) record.headers = party.headers->name;
    record.counted = party.counted;
    record.load = party.load;
    record.rules = party.rules;
    record.is_target = party.is_target;
    record.updates = party.updates;
    record.descriptions = party.descriptions;
    return record;
}

KeptCall kept_of(const Context& context, const Call& call) {
    const auto& pair = *call.chosen;
    KeptCall record;
    record.number = call.number.value;
    record.workers = context.workers;
    record.from = call.from;
    record.to = call.to;
    record.route = call.route;
    record.started = call.started + context.wall;
    record.answered = call.answered.value_or(call.started) + context.wall;
    for (const Side side : {Side::a, Side::b}) {
        record.parties[at(side)] = kept_of(call, call.party(side));
        record.sessions[at(side)] = kept_of(context, call.sessions[at(side)]);
        const auto& ack = pair.acks[at(side)];
        record.acks[at(side)].cseq = ack.cseq;
        const auto& bytes = ack.datagram ? ack.datagram->bytes : ack.bytes;   // in another life it goes the usual way
        if (bytes && has_body(*bytes)) record.acks[at(side)].bytes = *bytes;
    }
    record.dialogs = pair.dialogs;
    record.settled = pair.settled;
    record.requested = call.requested;
    // Once all is said nothing depends on it.
    if (pair.own_offer && (pair.own_offer->stage != OwnOffer::Stage::agreed || !pair.own_offer->repair.empty()))
        record.own_offer = pair.own_offer;
    record.emergency = call.emergency;
    record.words_key = call.words_key;
    if (call.ringing) record.ringing = *call.ringing + context.wall;
    for (const auto& exchange : call.exchanges) {
        if (exchange.method != sip::Method::invite || !exchange.answered || exchange.pair != &pair) continue;
        if (pair.acks[at(other(exchange.from))].cseq == exchange.cseq_to) continue;
        record.unfinished.push_back({exchange.from, exchange.cseq_from, exchange.cseq_to, exchange.offer_in_request,
                                     exchange.own_offer});
        if (!exchange.offer_in_request || exchange.own_offer) record.offered = pair.offerer.has_value();
    }
    // An offer that the far side has not answered is lost with its transaction: what was agreed before counts.
    const bool agreed_before = pair.before_offer && !record.offered;
    for (const auto& line : agreed_before ? *pair.before_offer : pair.lines) record.lines.push_back(kept_of(line));
    if (record.offered) record.offerer = *pair.offerer;
    return record;
}

std::string encode(const KeptCall& record) { return to_bytes(kVersion, record); }

std::optional<KeptCall> decode_call(std::string_view bytes) { return from_bytes<KeptCall>(kVersion, bytes); }

}  // namespace sbc
