// Owns: RFC 3264 (offer/answer) as seen by a B2BUA that anchors media, RFC 7362 (latching) as a choice of source rule.
// Does not own: the text of SDP (sdp/), the packets (media/), which pinholes follow (call_pinholes.cc).
#include "sbc/call_media.hh"

#include <algorithm>

#include "base/text.hh"
#include "sbc/call_lines.hh"
#include "sbc/call_session_timer.hh"
#include "sbc/context.hh"
#include "sbc/description.hh"

namespace sbc {
namespace {

bool is_anchored(const sdp::MediaDescription& media) {
    return media.port != 0 && (media.is_rtp || base::equals_ignoring_case(media.protocol, "udptl") ||
                               base::starts_with_ignoring_case(media.protocol, "UDP"));
}

bool is_permitted_source(const Call& call, const Party& party, const base::Address& address) {
    if (party.peer == base::kNoPeer) return false;
    return std::ranges::any_of(call.policy->peer(party.peer).sources,
                               [&](const base::Prefix& prefix) { return prefix.contains(address); });
}

// Whose packets count at this end (SECURITY: latching only behind far-end NAT, only from where the signalling is).
media::End end_of(const Call& call, const Party& party, const sdp::MediaDescription& media, const media::End& before) {
    media::End end = before;
    const auto rtp = media.rtp();
    if (rtp) {
        end.rtp_remote = rtp;
        end.rtcp_remote = media.rtcp;
    }
    end.may_send = media.direction != sdp::Direction::recvonly && media.direction != sdp::Direction::inactive;
    end.plain_relay = !media.is_rtp;
    end.rule = media::SourceRule::negotiated;
    if (party.far_end_nat && !(rtp && rtp->address != party.flow.remote.address && is_permitted_source(call, party, rtp->address))) {
        end.rule = media::SourceRule::signalling_address;
        end.learn_from = party.flow.remote.address;
    }
    return end;
}

bool names_forbidden_address(const Context& context, const sdp::Session& session) {
    for (const auto& media : session.media()) {
        const auto rtp = media.rtp();
        if (!rtp) continue;
        if (rtp->address.is_loopback() || rtp->address.is_multicast()) return true;
        for (const auto& zone : context.policy->zones)
            for (const auto& ours : zone.media)
                if (ours.address == rtp->address && rtp->port >= ours.ports.first && rtp->port <= ours.ports.last)
                    return true;
    }
    return false;
}

std::optional<sdp::Anchor> anchor_of(const MediaLine& line, Side side) {
    if (!line.active) return std::nullopt;
    const auto& ports = line.ports[at(side)];
    const auto rtcp = line.ends[at(side)].rtcp_local.port;
    return sdp::Anchor{{ports.advertised, ports.even}, {ports.advertised, rtcp}};
}

bool hides(const Party& party, policy::LeakPlace place) { return party.topology && party.topology->hides(place); }

// Whom RTCP's words on its sender may reach as they are.
void choose_words(const Call& call, MediaLine& line) {
    const bool readable = !line.encrypted && !line.ends[0].plain_relay;
    for (const Side side : {Side::a, Side::b})
        line.ends[at(side)].words_key = readable && hides(call.party(side), policy::LeakPlace::rtcp) ? call.words_key : 0;
}

// The address that the description gets with its lines.
base::Address anchor(const Call& call, const DialogPair& pair, sdp::Session& session, Side to) {
    std::vector<std::optional<sdp::Anchor>> anchors;
    base::Address ours = call.party(to).ours.address;
    for (const auto& line : pair.lines) {
        anchors.push_back(anchor_of(line, to));
        if (anchors.back()) ours = anchors.back()->rtp.address;
    }
    anchors.resize(session.media().size());
    session.anchor(anchors);
    return ours;
}

sdp::Session::Hiding hiding_from(const Party& party) {
    return {.session_name = hides(party, policy::LeakPlace::sdp_session),
            .information = hides(party, policy::LeakPlace::sdp_session),
            .cname = hides(party, policy::LeakPlace::sdp_cname),
            .foreign = hides(party, policy::LeakPlace::sdp_attributes)};
}

// The description as the other side is to see it.
void rewrite(Context& context, Call& call, const DialogPair& pair, sdp::Session& session, Side to) {
    const auto ours = anchor(call, pair, session, to);
    Party& party = call.party(to);
    session.hide(hiding_from(party));
    sign(context, party, session, ours);
}

// Ports and ends for one offered m-line.
std::optional<base::Reason> offer_line(Context& context, Call& call, MediaLine& line, Side from,
                                       const sdp::MediaDescription& media) {
    line.type = media.type;
    line.active = is_anchored(media);
    line.directions[at(from)] = media.direction;
    if (!line.active) return std::nullopt;
    for (const Side side : {Side::a, Side::b})
        if (!take_ports(context, call, side, line.ports[at(side)])) return base::Reason::ports_exhausted;
    const bool agreed_mux = line.mux[0] && line.mux[1];
    line.mux[at(from)] = media.rtcp_mux;
    auto& end = line.ends[at(from)];
    const auto before = end;
    end = end_of(call, call.party(from), media, end);
    if (before.rtp_remote && before.rtp_remote != end.rtp_remote) line.latched[at(from)] = {};
    for (const Side side : {Side::a, Side::b})
        set_local(line.ends[at(side)], line.ports[at(side)], agreed_mux && media.rtcp_mux);
    line.ends[at(other(from))].plain_relay = !media.is_rtp;
    line.encrypted = media.is_encrypted;
    choose_words(call, line);
    if (!line.stream.value) install_or_update(context, call, line, false);
    return std::nullopt;
}

base::Result<sdp::Session> read(const Context& context, const sip::Message& message) {
    auto session = sdp::Session::parse(description_of(message), context.policy->sdp_limits);
    if (session && names_forbidden_address(context, *session)) return base::Reason::bad_sdp;
    return session;
}

}  // namespace

std::optional<base::Reason> take_offer(Context& context, Call& call, DialogPair& pair, Side from,
                                       sip::Message& message) {
    if (!has_description(message)) return std::nullopt;
    auto session = read(context, message);
    if (!session) return session.error();
    const auto& media = session->media();
    if (media.size() < pair.lines.size()) return base::Reason::unexpected_offer;  // RFC 3264, 8
    if (!pair.before_offer) pair.before_offer = pair.lines;
    pair.offerer = from;
    pair.lines.resize(media.size());
    for (std::size_t i = 0; i < media.size(); ++i) {
        if (const auto refused = offer_line(context, call, pair.lines[i], from, media[i])) {
            roll_back_offer(context, call, pair);
            return refused;
        }
    }
    rewrite(context, call, pair, *session, other(from));
    set_description(message, session->to_string());
    if (repeats_descriptions(call, other(from))) call.party(other(from)).descriptions.offered = session->to_string();
    return std::nullopt;
}

std::optional<base::Reason> take_answer(Context& context, Call& call, DialogPair& pair, Side from,
                                        sip::Message& message) {
    if (!has_description(message)) return std::nullopt;
    auto session = read(context, message);
    if (!session) return session.error();
    const auto& media = session->media();
    if (media.size() != pair.lines.size()) return base::Reason::bad_sdp;  // RFC 3264, 6
    const bool again = pair.before_offer && !pair.before_offer->empty();
    for (std::size_t i = 0; i < media.size(); ++i) {
        auto& line = pair.lines[i];
        if (!line.active || !is_anchored(media[i])) {
            release_line(context, call, line);
            continue;
        }
        line.mux[at(from)] = media[i].rtcp_mux;
        line.directions[at(from)] = media[i].direction;
        auto& end = line.ends[at(from)];
        const auto before = end;
        end = end_of(call, call.party(from), media[i], end);
        if (before.rtp_remote && before.rtp_remote != end.rtp_remote) line.latched[at(from)] = {};
        for (const Side side : {Side::a, Side::b})
            set_local(line.ends[at(side)], line.ports[at(side)], line.mux[0] && line.mux[1]);
        line.encrypted = line.encrypted && media[i].is_encrypted;
        choose_words(call, line);
        if (again) relearn(line);
        install_or_update(context, call, line, again);
    }
    pair.before_offer.reset();
    pair.offerer.reset();
    if (pair.own_offer && pair.own_offer->stage == OwnOffer::Stage::agreed) pair.own_offer->repair.clear();   // outdated
    rewrite(context, call, pair, *session, other(from));
    set_description(message, session->to_string());
    auto& offered = call.party(from).descriptions.offered;
    if (!offered.empty()) call.party(from).descriptions.agreed = std::exchange(offered, {});
    if (repeats_descriptions(call, other(from))) call.party(other(from)).descriptions.agreed = session->to_string();
    return std::nullopt;
}

std::string repeated_description(Context& context, Call& call, const DialogPair& pair, Side to) {
    Party& party = call.party(to);
    auto session = sdp::Session::parse(party.descriptions.agreed, context.policy->sdp_limits);
    if (!session) return party.descriptions.agreed;
    sign(context, party, *session, anchor(call, pair, *session, to));
    return session->to_string();
}

std::string refusing_answer(Context& context, Call& call, Side from, const sip::Message& message) {
    auto session = sdp::Session::parse(description_of(message), context.policy->sdp_limits);
    if (!session) return {};
    Party& party = call.party(from);
    session->anchor(std::vector<std::optional<sdp::Anchor>>(session->media().size()));
    session->hide(hiding_from(party));
    auto kept = std::exchange(party.descriptions, {});   // it counts in no dialog that lives on
    sign(context, party, *session, party.ours.address);
    party.descriptions = std::move(kept);
    return session->to_string();
}

void roll_back_offer(Context& context, Call& call, DialogPair& pair) {
    if (pair.offerer && &pair == call.chosen) call.party(other(*pair.offerer)).descriptions.offered.clear();
    pair.offerer.reset();
    if (!pair.before_offer) return;
    auto before = std::move(*pair.before_offer);
    pair.before_offer.reset();
    for (std::size_t i = 0; i < pair.lines.size(); ++i)
        if (i >= before.size() || (!before[i].stream.value && pair.lines[i].stream.value))
            release_line(context, call, pair.lines[i]);
    pair.lines = std::move(before);
}

void release_media(Context& context, Call& call, DialogPair& pair) {
    roll_back_offer(context, call, pair);
    for (auto& line : pair.lines) release_line(context, call, line);
}

bool is_on_hold(const Call& call) {
    for (const auto& pair : call.pairs)
        for (const auto& line : pair->lines)
            if (line.active && line.directions[0] == sdp::Direction::sendrecv &&
                line.directions[1] == sdp::Direction::sendrecv)
                return false;
    return true;
}

base::Time last_media(const Context& context, const Call& call) {
    base::Time last = call.answered.value_or(call.started);
    for (const auto& pair : call.pairs)
        for (const auto& line : pair->lines)
            if (line.stream.value) last = std::max(last, context.relay.last_activity(line.stream));
    return last;
}

}  // namespace sbc
