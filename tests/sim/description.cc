#include "tests/sim/description.hh"

#include <algorithm>

#include "tests/sim/map.hh"

namespace sim {
namespace {

using sdp::Direction;

std::string_view text_of(Direction direction) {
    switch (direction) {
        case Direction::sendrecv: return "sendrecv";
        case Direction::sendonly: return "sendonly";
        case Direction::recvonly: return "recvonly";
        case Direction::inactive: return "inactive";
    }
    return {};
}

std::string network_of(const base::Address& address) { return address.is_v4() ? "IN IP4 " : "IN IP6 "; }

void write_stream(std::string& text, const Stream& stream, const Style& style) {
    const std::string host = style.address.to_string(), network = network_of(style.address);
    std::string formats;
    for (const auto& format : stream.formats) formats += ' ' + format;
    text += "m=" + stream.type + " " + std::to_string(stream.active ? stream.port : 0) +
            (stream.plain ? " udptl t38" : " RTP/AVP" + formats) + "\r\n";
    if (style.connection_per_line) text += "c=" + network + host + "\r\n";
    if (!stream.active) return;
    if (style.inside) text += "i=" + std::string(kInsideProduct) + "\r\n";
    if (stream.plain) {
        text += "a=T38FaxVersion:0\r\na=" + std::string(text_of(stream.direction)) + "\r\n";
        return;
    }
    static constexpr const char* kCodecs[][2] = {{"0", "PCMU"}, {"8", "PCMA"}, {"101", "telephone-event"}};
    for (const auto& [format, name] : kCodecs)
        if (stream.formats.contains(format)) text += "a=rtpmap:" + std::string(format) + ' ' + name + "/8000\r\n";
    if (stream.odd_rtcp) text += "a=rtcp:" + std::to_string(stream.rtcp_port()) + " " + network + host + "\r\n";
    if (stream.mux) text += "a=rtcp-mux\r\n";
    if (style.inside) text += "a=X-nat:" + host + "\r\na=candidate:1 1 UDP 2130706431 " + host + " 9 typ host\r\n";
    text += "a=" + std::string(text_of(stream.direction)) + "\r\n";
}

}  // namespace

std::string write_description(const std::vector<Stream>& streams, const Style& style) {
    const std::string host = style.address.to_string(), network = network_of(style.address);
    std::string text = "v=0\r\no=" + std::string(style.inside ? kInsideProduct : "phone") + " " +
                       std::to_string(style.id) + " " + std::to_string(style.version) + " " + network + host + "\r\n";
    text += style.inside ? "s=" + std::string(kInsideProduct) + "\r\ni=at " + std::string(kInsideDomain) + "\r\n"
                         : "s=-\r\n";
    if (!style.connection_per_line) text += "c=" + network + host + "\r\n";
    text += "t=0 0\r\n";
    for (const auto& stream : streams) write_stream(text, stream, style);
    return text;
}

bool hear(Stream& stream, const sdp::MediaDescription& media) {
    stream.rtp = media.rtp();
    stream.rtcp = media.rtcp;
    stream.peer_mux = media.rtcp_mux;
    stream.peer_direction = media.direction;
    return media.port != 0;
}

void take_formats(Stream& stream, const sdp::MediaDescription& media) {
    if (stream.plain || !media.port) return;
    stream.formats.clear();
    for (const auto& format : media.formats)
        if (format == "0" || format == "8" || format == "101") stream.formats.insert(format);
}

Direction answer_to(Direction offered, Direction own) {
    const bool they_send = offered == Direction::sendrecv || offered == Direction::sendonly;
    const bool they_hear = offered == Direction::sendrecv || offered == Direction::recvonly;
    const bool send = they_hear && (own == Direction::sendrecv || own == Direction::sendonly);
    const bool hear_them = they_send && (own == Direction::sendrecv || own == Direction::recvonly);
    if (send) return hear_them ? Direction::sendrecv : Direction::sendonly;
    return hear_them ? Direction::recvonly : Direction::inactive;
}

bool repeats(const std::vector<Stream>& streams, std::string_view text) {
    const auto session = sdp::Session::parse(text, {});
    return session && std::ranges::equal(session->media(), streams, [](const auto& media, const Stream& stream) {
               return stream.active ? media.port && media.rtp() == stream.rtp : !media.port;
           });
}

bool read_answer(std::vector<Stream>& streams, std::string_view text) {
    const auto session = sdp::Session::parse(text, {});
    if (!session || session->media().size() != streams.size()) return false;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        auto& stream = streams[i];
        const bool was_active = stream.active;
        stream.active = hear(stream, session->media()[i]) && was_active;
        if (stream.active) take_formats(stream, session->media()[i]);
        if (!stream.active) stream.rtp.reset();
        stream.mux = stream.mux && stream.peer_mux;
    }
    return true;
}

}  // namespace sim
