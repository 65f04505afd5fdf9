#include "sbc/call_lines.hh"

#include <algorithm>

#include "sbc/context.hh"

namespace sbc {
namespace {

bool uses(const std::vector<MediaLine>& lines, const MediaLine& but, const Ports& ports) {
    return std::ranges::any_of(lines, [&](const MediaLine& line) {
        return &line != &but && std::ranges::any_of(line.ports, [&](const Ports& theirs) {
                   return theirs.pool == ports.pool && theirs.even == ports.even;
               });
    });
}

}  // namespace

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

void set_local(media::End& end, const Ports& ports, bool mux) {
    end.rtp_local = {ports.pool->address(), ports.even};
    end.rtcp_local = {ports.pool->address(), static_cast<std::uint16_t>(ports.even + (mux ? 0 : 1))};
    if (mux && end.rtp_remote) end.rtcp_remote = end.rtp_remote;
}

void install_or_update(Context& context, Call& call, MediaLine& line, bool again) {
    if (line.stream.value) {
        context.relay.update(line.stream, line.ends, again, context.now);
        return;
    }
    line.stream = context.relay.install({call.number, line.ends}, context.now);
    context.calls_by_stream[line.stream] = call.number;
}

void relearn(MediaLine& line) {
    for (const Side side : {Side::a, Side::b})
        if (line.ends[at(side)].rule == media::SourceRule::signalling_address) line.latched[at(side)] = {};
}

void release_line(Context& context, Call& call, MediaLine& line) {
    if (line.stream.value) {
        context.relay.remove(line.stream);
        context.calls_by_stream.erase(line.stream);
    }
    for (auto& ports : line.ports) {
        if (!ports.even) continue;
        const bool shared = (call.setup && uses(call.setup->offered, line, ports)) ||
                            std::ranges::any_of(call.pairs, [&](const auto& pair) { return uses(pair->lines, line, ports); });
        if (!shared) ports.pool->give_back(ports.even, context.now);
        ports = {};
    }
    line = MediaLine{};
}

}  // namespace sbc
