// The agent's media: its ports, its descriptions, the packets that it sends and hears.
#include "tests/sim/agent.hh"
#include "tests/sim/map.hh"

namespace sim {
namespace {

// A NAT gives every inner port another one outside.
constexpr std::uint16_t kNatShift = 20000;

}  // namespace

Style Agent::new_style() {
    Style style;
    style.address = home_.written_media;
    style.inside = home_.inside;
    style.connection_per_line = world_.chance(0.3);
    style.id = entropy_.below(1000000) + 1;
    return style;
}

std::uint16_t Agent::take_port(Story* story) {
    const std::uint16_t port = last_port_ = static_cast<std::uint16_t>(last_port_ + 4);
    for (const int offset : {0, 1, 3}) {
        const auto written = static_cast<std::uint16_t>(port + offset);
        const base::Endpoint real{home_.real_media,
                                  static_cast<std::uint16_t>(home_.behind_nat() ? written + kNatShift : written)};
        cast_.network->listen(base::Transport::udp, real, [this, story](const auto&, const auto& from, const auto& bytes) {
            hear_media(story, from, bytes);
        });
    }
    return port;
}

void Agent::hear_media(Story* story, const base::Endpoint& from, const Bytes& bytes) {
    if (dead_) return;
    if (from.address != home_.gate.address)
        return world_.broken(home_.name + " hears media from " + from.to_string());
    const auto packet = Traffic::read(*bytes);
    if (!packet) return world_.broken(home_.name + " hears media that nobody sent");
    if (!story || packet->story != story->number)
        return world_.broken("media of story " + std::to_string(packet->story) + " reaches " + home_.name + " in story " +
                             std::to_string(story ? story->number : 0));
    cast_.traffic->arrive(*packet);
    if (const auto early = story->early.find(packet->number); early != story->early.end() && !story->talking[1])
        story->early_heard.emplace_back(early->second, from);
}

// One to three lines; the first is always speech.
std::vector<Stream> Agent::new_streams() {
    std::vector<Stream> streams(1 + (world_.chance(0.3) ? 1 + world_.below(2) : 0));
    for (std::size_t i = 0; i < streams.size(); ++i) {
        auto& stream = streams[i];
        if (i > 0) stream.type = world_.chance(0.5) ? "video" : "image";
        stream.plain = stream.type == "image";
        stream.mux = !stream.plain && world_.chance(0.3);
        stream.odd_rtcp = !stream.plain && !stream.mux && world_.chance(0.2);
        stream.port = 0;
    }
    return streams;
}

// A description counts up when it changes (RFC 3264, 8). Streams without a port get one.
std::string Agent::describe(Leg& leg, std::vector<Stream>& streams) {
    for (auto& stream : streams)
        if (stream.active && !stream.port) stream.port = take_port(leg.story);
    auto text = write_description(streams, leg.style);
    if (text == leg.told) return text;
    ++leg.style.version;
    return leg.told = write_description(streams, leg.style);
}

std::vector<std::uint64_t> Agent::send_media(Leg& leg, const std::vector<Stream>& streams) {
    std::vector<std::uint64_t> numbers;
    if (dead_) return numbers;
    const auto send = [&](std::uint16_t written, const base::Endpoint& to, Bytes bytes) {
        const auto port = static_cast<std::uint16_t>(home_.behind_nat() ? written + kNatShift : written);
        cast_.network->send_media({home_.real_media, port}, to, std::move(bytes));
    };
    for (const auto& stream : streams) {
        if (!stream.flows()) continue;
        if (is_inside(stream.rtp->address) != home_.inside || stream.rtp->address != home_.gate.address)
            world_.broken(home_.name + " was told to send to " + stream.rtp->to_string());
        std::uint64_t number = 0;
        send(stream.port, *stream.rtp, cast_.traffic->rtp(leg.story->number, number));
        numbers.push_back(number);
        if (stream.plain) continue;
        const bool mux = stream.mux && stream.peer_mux;
        const auto to = mux ? *stream.rtp : stream.rtcp.value_or(*stream.rtp);
        send(mux ? stream.port : stream.rtcp_port(), to, cast_.traffic->rtcp(leg.story->number, number));
        numbers.push_back(number);
    }
    return numbers;
}

}  // namespace sim
