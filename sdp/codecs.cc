#include "sdp/codecs.hh"

#include <algorithm>
#include <array>
#include <map>

#include "base/number.hh"
#include "base/text.hh"
#include "sdp/text.hh"

namespace sdp {
namespace {

struct Known {
    std::string_view name;
    std::uint32_t rate;
    unsigned channels;
    int number;            // -1: dynamic
};

// Of one name the first is meant where no rate is said.
constexpr std::array<Known, 14> kKnown{{
    {"PCMU", 8000, 1, 0}, {"GSM", 8000, 1, 3}, {"G723", 8000, 1, 4}, {"PCMA", 8000, 1, 8}, {"G722", 8000, 1, 9},
    {"CN", 8000, 1, 13}, {"G728", 8000, 1, 15}, {"G729", 8000, 1, 18}, {"telephone-event", 8000, 1, -1},
    {"opus", 48000, 2, -1}, {"iLBC", 8000, 1, -1}, {"AMR", 8000, 1, -1}, {"AMR-WB", 16000, 1, -1}, {"speex", 8000, 1, -1},
}};

constexpr std::string_view kNowhere = "IN IP4 unanchored.invalid";   // RFC 6761, 6.4
constexpr unsigned kFirstDynamic = 96, kUsualEvents = 101;

bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        const char low = base::lower(c);
        return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '+';
    });
}

std::string lowered(std::string_view text) {
    std::string low(text);
    std::ranges::transform(low, low.begin(), base::lower);
    return low;
}

// Each line's payload types by what they stand for.
using Formats = std::map<std::string, std::string>;

std::string known_format(const std::string& format) {
    const auto number = base::to_number<std::uint8_t>(format);
    for (const auto& known : kKnown)
        if (number && known.number == *number)
            return lowered(known.name) + '/' + std::to_string(known.rate);
    return format;
}

// "telephone-event/8000/1" and "telephone-event/8000" are one (RFC 8866, 6.6).
std::string encoding_of(std::string_view rtpmap) {
    auto text = lowered(base::trimmed(rtpmap));
    if (text.ends_with("/1") && std::ranges::count(text, '/') == 2) text.resize(text.size() - 2);
    return text;
}

std::vector<Formats> formats_of(const Session& session) {
    std::vector<Formats> all;
    for (const auto& media : session.media()) {
        auto& formats = all.emplace_back();
        if (media.port)
            for (const auto& format : media.formats) formats.emplace(format, known_format(format));
    }
    std::size_t line = 0;   // counts m-lines: those of `all` begin at 1
    for (const auto& [type, value] : session.lines()) {
        if (type == 'm') ++line;
        if (type != 'a' || !line || attribute_name(value) != "rtpmap") continue;
        auto rest = attribute_value(value);
        const std::string format(next_word(rest));
        if (const auto found = all[line - 1].find(format); found != all[line - 1].end()) found->second = encoding_of(rest);
    }
    return all;
}

Direction turned(Direction direction) {
    if (direction == Direction::sendonly) return Direction::recvonly;
    if (direction == Direction::recvonly) return Direction::sendonly;
    return direction;
}

}  // namespace

std::optional<Codec> codec_of(std::string_view text) {
    const auto slash = text.find('/');
    const auto name = text.substr(0, slash);
    if (!is_token(name)) return std::nullopt;
    const auto same_name = [&](const Known& known) { return base::equals_ignoring_case(known.name, name); };
    const auto* known = std::ranges::find_if(kKnown, same_name);
    Codec codec;
    codec.name = known == kKnown.end() ? std::string(name) : std::string(known->name);
    if (slash == text.npos) {
        if (known == kKnown.end()) return std::nullopt;
        codec.rate = known->rate, codec.channels = known->channels;
    } else {
        const auto rest = text.substr(slash + 1);
        const auto second = rest.find('/');
        const auto rate = base::to_number<std::uint32_t>(rest.substr(0, second));
        const auto channels = second == rest.npos ? std::optional(1U) : base::to_number<unsigned>(rest.substr(second + 1));
        if (!rate || !channels || *rate < 1000 || *rate > 384000 || *channels < 1 || *channels > 8) return std::nullopt;
        codec.rate = *rate, codec.channels = *channels;
    }
    if (known != kKnown.end() && known->number >= 0 && known->rate == codec.rate && codec.channels == 1)
        codec.number = static_cast<std::uint8_t>(known->number);
    return codec;
}

std::string audio_offer(std::span<const Codec> codecs) {
    std::string formats, attributes;
    unsigned next = kFirstDynamic;
    bool events = false;
    for (const auto& codec : codecs) {
        const bool is_events = codec.name == "telephone-event";
        const bool usual = is_events && !events;
        events = events || is_events;
        if (!usual && next == kUsualEvents) ++next;
        const auto number = std::to_string(codec.number ? *codec.number : usual ? kUsualEvents : next++);
        formats += ' ' + number;
        attributes += "a=rtpmap:" + number + ' ' + codec.name + '/' + std::to_string(codec.rate);
        if (codec.channels > 1) attributes += '/' + std::to_string(codec.channels);
        attributes += "\r\n";
        if (is_events) attributes += "a=fmtp:" + number + " 0-15\r\n";
    }
    const std::string nowhere(kNowhere);
    return "v=0\r\no=- 0 0 " + nowhere + "\r\ns=-\r\nc=" + nowhere + "\r\nt=0 0\r\nm=audio " +
           std::to_string(kDiscardPort) + " RTP/AVP" + formats + "\r\n" + attributes;
}

std::string offered_anew(const Session& told) {
    std::string text;
    for (const auto& [type, value] : told.lines()) {
        if (type == 'a' && (value == "sendrecv" || value == "sendonly" || value == "recvonly" || value == "inactive" ||
                            attribute_name(value) == "rtcp"))
            continue;
        text += type;
        text += '=';
        text += type == 'c' ? kNowhere : std::string_view(value);
        text += "\r\n";
    }
    return text;
}

bool same_codecs(const Session& one, const Session& other) { return formats_of(one) == formats_of(other); }

bool keeps_numbers(const Session& one, const Session& other) {
    const auto theirs = formats_of(other);
    auto line = theirs.begin();
    for (const auto& formats : formats_of(one)) {
        if (line == theirs.end()) return true;
        for (const auto& [number, encoding] : *line++) {
            const auto same = std::ranges::find(formats, encoding, &Formats::value_type::second);
            const auto known = formats.find(number);
            if (same != formats.end() && (known == formats.end() || known->second != encoding)) return false;
        }
    }
    return true;
}

bool mirrors(const Session& offer, const Session& answer) {
    return std::ranges::equal(offer.media(), answer.media(), [](const MediaDescription& asked, const MediaDescription& taken) {
        if (!asked.port || !taken.port) return asked.port == taken.port;
        return taken.direction == turned(asked.direction) && asked.rtcp_mux == taken.rtcp_mux &&
               asked.hold_by_address == taken.hold_by_address;
    });
}

}  // namespace sdp
