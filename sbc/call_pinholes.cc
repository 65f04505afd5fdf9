// Which pinholes a call needs now (RFC 5853, 3.3): narrow where the peer's source is known, else as wide as its zone
// allows, both the agreed and the offered ones while an offer is under way. A pure function of the call.
#include <algorithm>
#include <iterator>

#include "sbc/call_media.hh"

namespace sbc {
namespace {

using nft::Change;
using nft::Pinhole;
using nft::Width;

Pinhole until_known(const Call& call, const Party& party) {
    Pinhole pinhole;
    const bool several = party.peer != base::kNoPeer && call.policy->peer(party.peer).sources.size() > 0;
    const bool behind_nat = party.far_end_nat && party.peer == base::kNoPeer;
    if (!behind_nat && (party.trusted || several)) {
        pinhole.width = Width::zone;
    } else {
        pinhole.width = Width::address;
        pinhole.remote.address = party.flow.remote.address;
    }
    return pinhole;
}

void add(const Call& call, const MediaLine& line, Side side, media::Component component, std::vector<Pinhole>& wanted) {
    const auto& end = line.ends[at(side)];
    const bool rtp = component == media::Component::rtp;
    const auto& remote = rtp ? end.rtp_remote : end.rtcp_remote;
    const auto& latched = line.latched[at(side)][static_cast<std::size_t>(component)];
    Pinhole pinhole;
    if (latched) {
        pinhole.remote = *latched;
    } else if (end.rule == media::SourceRule::signalling_address) {
        pinhole.width = Width::address;
        pinhole.remote.address = end.learn_from;
    } else if (remote) {
        pinhole.remote = *remote;
    } else {
        pinhole = until_known(call, call.party(side));
    }
    pinhole.local = rtp ? end.rtp_local : end.rtcp_local;
    pinhole.call = call.number;
    wanted.push_back(pinhole);
    // The very source that the SDP names counts even when another was latched first.
    if (!latched || !remote || *latched == *remote || remote->address != end.learn_from) return;
    pinhole.remote = *remote;
    wanted.push_back(pinhole);
}

void add(const Call& call, const std::vector<MediaLine>& lines, std::vector<Pinhole>& wanted) {
    for (const auto& line : lines) {
        if (!line.active) continue;
        for (const Side side : {Side::a, Side::b}) {
            const auto& end = line.ends[at(side)];
            if (!end.rtp_local.port) continue;   // a kept offer has but one side
            add(call, line, side, media::Component::rtp, wanted);
            if (!end.plain_relay && end.rtcp_local != end.rtp_local)
                add(call, line, side, media::Component::rtcp, wanted);
        }
    }
}

}  // namespace

std::vector<Change> pinhole_changes(Call& call) {
    std::vector<Pinhole> wanted;
    for (const auto& pair : call.pairs) {
        add(call, pair->lines, wanted);
        if (pair->before_offer) add(call, *pair->before_offer, wanted);
    }
    if (call.setup) add(call, call.setup->offered, wanted);
    std::ranges::sort(wanted);
    const auto same = std::ranges::unique(wanted);
    wanted.erase(same.begin(), same.end());
    std::vector<Change> changes;
    std::vector<Pinhole> difference;
    std::ranges::set_difference(wanted, call.open, std::back_inserter(difference));
    for (const auto& pinhole : difference) changes.push_back({Change::Kind::open, pinhole});
    difference.clear();
    std::ranges::set_difference(call.open, wanted, std::back_inserter(difference));
    for (const auto& pinhole : difference) changes.push_back({Change::Kind::close, pinhole});
    call.open = std::move(wanted);
    return changes;
}

bool opens_any(const std::vector<Change>& changes) {
    return std::ranges::any_of(changes, [](const Change& c) { return c.kind == Change::Kind::open; });
}

}  // namespace sbc
