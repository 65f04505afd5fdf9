// Owns: RFC 3264 (offer/answer) as seen by a B2BUA that anchors media, RFC 7362 (latching) as a choice of source rule.
// Does not own: the text of SDP (sdp/), the packets (media/), which pinholes follow (call_pinholes.cc).
#include "sbc/call_media.hh"

#include <algorithm>

#include "base/text.hh"
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

bool take_ports(Context& context, const Call& call, Side side, Ports& ports) {
    if (ports.even) return true;
    const auto& party = call.party(side);
    const auto choice = context.pools.choose(call.policy->zone(party.zone), party.flow.remote.address.is_v4());
    if (!choice.pool) return false;
    const auto even = choice.pool->take(context.now);
    if (!even) return false;
    ports = {choice.pool, choice.advertised, *even};
    return true;
}

// Where both sides mux (RFC 5761), RTCP comes from and goes to RTP's port, whatever a=rtcp says.
void set_local(media::End& end, const Ports& ports, bool mux) {
    end.rtp_local = {ports.pool->address(), ports.even};
    end.rtcp_local = {ports.pool->address(), static_cast<std::uint16_t>(ports.even + (mux ? 0 : 1))};
    if (mux && end.rtp_remote) end.rtcp_remote = end.rtp_remote;
}

std::optional<sdp::Anchor> anchor_of(const MediaLine& line, Side side) {
    if (!line.active) return std::nullopt;
    const auto& ports = line.ports[at(side)];
    const auto rtcp = line.ends[at(side)].rtcp_local.port;
    return sdp::Anchor{{ports.advertised, ports.even}, {ports.advertised, rtcp}};
}

// Gives back what the line owns and no other line of the call shares.
void release_line(Context& context, Call& call, MediaLine& line) {
    if (line.stream.value) {
        context.relay.remove(line.stream);
        context.calls_by_stream.erase(line.stream);
    }
    for (auto& ports : line.ports) {
        const auto uses = [&](const std::vector<MediaLine>& lines) {
            return std::ranges::any_of(lines, [&](const MediaLine& other_line) {
                return &other_line != &line && std::ranges::any_of(other_line.ports, [&](const Ports& theirs) {
                           return theirs.pool == ports.pool && theirs.even == ports.even;
                       });
            });
        };
        const bool shared = std::ranges::any_of(call.pairs, [&](const auto& pair) { return uses(pair->lines); });
        if (ports.even && !shared) ports.pool->give_back(ports.even, context.now);
        ports = {};
    }
    line = MediaLine{};
}

// The description as the other side is to see it.
void rewrite(Context& context, Call& call, const DialogPair& pair, sdp::Session& session, Side to) {
    std::vector<std::optional<sdp::Anchor>> anchors;
    base::Address ours = call.party(to).ours.address;
    for (const auto& line : pair.lines) {
        anchors.push_back(anchor_of(line, to));
        if (anchors.back()) ours = anchors.back()->rtp.address;
    }
    session.anchor(anchors);
    Party& party = call.party(to);
    const auto* topology = party.topology;
    const auto hides = [&](policy::LeakPlace place) { return topology && topology->hides(place); };
    session.hide({.session_name = hides(policy::LeakPlace::sdp_session),
                  .information = hides(policy::LeakPlace::sdp_session),
                  .cname = hides(policy::LeakPlace::sdp_cname),
                  .foreign = hides(policy::LeakPlace::sdp_attributes)});
    sign(context, party, session, ours);
}

void install_or_update(Context& context, Call& call, MediaLine& line, bool again) {
    if (line.stream.value) {
        context.relay.update(line.stream, line.ends, again, context.now);
        return;
    }
    line.stream = context.relay.install({call.number, line.ends}, context.now);
    context.calls_by_stream[line.stream] = call.number;
}

// After a re-INVITE a source behind NAT may be learnt anew: the pinhole is as wide as before it was.
void relearn(MediaLine& line) {
    for (const Side side : {Side::a, Side::b})
        if (line.ends[at(side)].rule == media::SourceRule::signalling_address) line.latched[at(side)] = {};
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
    auto& far = line.ends[at(other(from))];
    const auto& far_party = call.party(other(from));
    if (!far.rtp_remote && far_party.far_end_nat && far_party.peer == base::kNoPeer) {
        far.rule = media::SourceRule::signalling_address;
        far.learn_from = far_party.flow.remote.address;
    }
    far.plain_relay = !media.is_rtp;
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
        if (again) relearn(line);
        install_or_update(context, call, line, again);
    }
    pair.before_offer.reset();
    pair.offerer.reset();
    rewrite(context, call, pair, *session, other(from));
    set_description(message, session->to_string());
    auto& offered = call.party(from).descriptions.offered;
    if (!offered.empty()) call.party(from).descriptions.agreed = std::exchange(offered, {});
    if (repeats_descriptions(call, other(from))) call.party(other(from)).descriptions.agreed = session->to_string();
    return std::nullopt;
}

void roll_back_offer(Context& context, Call& call, DialogPair& pair) {
    pair.offerer.reset();
    if (!pair.before_offer) return;
    auto before = std::move(*pair.before_offer);
    pair.before_offer.reset();
    for (std::size_t i = 0; i < pair.lines.size(); ++i)
        if (i >= before.size() || (!before[i].stream.value && pair.lines[i].stream.value))
            release_line(context, call, pair.lines[i]);
    pair.lines = std::move(before);
}

std::optional<base::Reason> fork_media(Context& context, Call& call, const DialogPair& first, DialogPair& fork) {
    for (const auto& line : first.lines) {
        MediaLine copy;
        copy.type = line.type;
        copy.active = line.ports[at(Side::b)].even != 0;
        copy.directions = line.directions;
        if (copy.active) {
            copy.ports[at(Side::b)] = line.ports[at(Side::b)];
            copy.ends = line.ends;
            copy.mux[at(Side::a)] = line.mux[at(Side::a)];
            auto& far = copy.ends[at(Side::b)];
            far.rtp_remote.reset();
            far.rtcp_remote.reset();
        }
        fork.lines.push_back(std::move(copy));
        auto& added = fork.lines.back();
        if (!added.active) continue;
        if (!take_ports(context, call, Side::a, added.ports[at(Side::a)])) return base::Reason::ports_exhausted;
        for (const Side side : {Side::a, Side::b}) set_local(added.ends[at(side)], added.ports[at(side)], false);
        install_or_update(context, call, added, false);
    }
    fork.offerer = Side::a;
    return std::nullopt;
}

void relearn_sources(Context& context, DialogPair& pair) {
    for (auto& line : pair.lines) {
        if (!line.stream.value) continue;
        relearn(line);
        context.relay.update(line.stream, line.ends, true, context.now);
    }
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
