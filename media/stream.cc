#include "media/stream.hh"

namespace media {
namespace {

std::size_t index(Component component) { return static_cast<std::size_t>(component); }

bool shares_port(const End& end) {
    return end.rtp_local == end.rtcp_local || (end.rtp_remote && end.rtp_remote == end.rtcp_remote);
}

// A remote that becomes known is no change: packets may have been learnt from before the answer came.
bool changed(const std::optional<base::Endpoint>& before, const std::optional<base::Endpoint>& after) {
    return before && before != after;
}

}  // namespace

bool StreamEnd::muxed() const { return shares_port(*end); }

Component StreamEnd::component_of(const Packet& packet) const {
    if (packet.local != end->rtp_local) return Component::rtcp;
    return !end->plain_relay && muxed() && looks_like_rtcp(packet.payload) ? Component::rtcp : Component::rtp;
}

bool StreamEnd::is_media(Component component, Bytes payload) const {
    if (end->plain_relay) return true;
    return component == Component::rtp ? is_rtp(payload) : is_rtcp(payload);
}

std::optional<base::Endpoint> StreamEnd::negotiated(Component component) const {
    if (component == Component::rtp) return end->rtp_remote;
    return end->rtcp_remote || !muxed() ? end->rtcp_remote : end->rtp_remote;
}

StreamEnd::Standing StreamEnd::judge(Component component, const base::Endpoint& source) const {
    if (end->rule == SourceRule::signalling_address) {
        if (end->learn_from.is_unspecified()) return Standing::unknown;
        if (source.address != end->learn_from) return Standing::refused;
        if (negotiated(component) == source) return Standing::named;
        const auto& [known, latched] = learnt[index(component)];
        if (!latched) return Standing::may_learn;
        return known == source ? Standing::accepted : Standing::refused;
    }
    if (!end->rtp_remote) return Standing::unknown;
    return negotiated(component) == source ? Standing::named : Standing::refused;
}

bool StreamEnd::learn(Component component, const base::Endpoint& source, base::Time now) {
    auto& place = learnt[index(component)];
    if (place.latched && place.known == source) return false;
    place = {source, now >= end->latch_from || negotiated(component) == source};
    if (muxed()) learnt.fill(place);
    if (component == Component::rtp) counters.latched = source;
    return place.latched;
}

bool StreamEnd::knows(Component component, const base::Endpoint& source) const {
    return learnt[index(component)].known == source;
}

void StreamEnd::forget(const base::Endpoint& source) {
    if (counters.latched == source) counters.latched.reset();
    for (auto& place : learnt)
        if (place.known == source) place = {};
}

std::optional<base::Endpoint> StreamEnd::destination(Component component) const {
    const auto told = negotiated(component);
    if (end->rule == SourceRule::negotiated) return told;
    if (const auto& known = learnt[index(component)].known) return known;
    // Behind a NAT the description names an inside address of theirs: never send there.
    return told && told->address == end->learn_from ? told : std::nullopt;
}

void StreamEnd::prepare(const End& next, bool relearn) {
    const bool other_rule = next.rule != end->rule || next.learn_from != end->learn_from ||
                            next.latch_from != end->latch_from;
    const bool rtp = relearn || other_rule || changed(end->rtp_remote, next.rtp_remote);
    const bool rtcp = rtp || changed(end->rtcp_remote, next.rtcp_remote) || shares_port(next) != muxed();
    if (rtp) {
        learnt[index(Component::rtp)] = {};
        counters.latched.reset();
    }
    if (rtcp) learnt[index(Component::rtcp)] = {};
}

}  // namespace media
