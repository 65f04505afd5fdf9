#include "sdp/bandwidth.hh"

#include <algorithm>
#include <array>

#include "base/number.hh"
#include "base/text.hh"

namespace sdp {
namespace {

struct Usual {
    std::string_view codec;      // its name, or its static payload type (RFC 3551)
    std::uint64_t kbits;         // with packets of 20 ms
};

constexpr std::array kAudio{
    Usual{"0", 87}, Usual{"8", 87}, Usual{"9", 87}, Usual{"3", 36}, Usual{"4", 23}, Usual{"18", 31}, Usual{"15", 39},
    Usual{"PCMU", 87}, Usual{"PCMA", 87}, Usual{"G722", 87}, Usual{"GSM", 36}, Usual{"G723", 23}, Usual{"G729", 31},
    Usual{"G728", 39}, Usual{"AMR", 36}, Usual{"AMR-WB", 47}, Usual{"opus", 64}, Usual{"speex", 47}, Usual{"iLBC", 36},
};
constexpr std::uint64_t kVideo = 1000, kOther = 64;
constexpr std::uint64_t kMost = 10'000'000;      // nobody's word makes one call larger than this

std::uint64_t usual_of(const MediaDescription& media, std::string_view codec) {
    if (media.type == "video") return kVideo;
    if (media.type != "audio") return kOther;
    const auto found = std::ranges::find_if(kAudio, [&](const Usual& u) { return base::equals_ignoring_case(u.codec, codec); });
    return found == kAudio.end() ? kUsualKbits : found->kbits;
}

// "AS:64" in kbit/s, "TIAS:64000" in bit/s; 0: it says neither.
std::uint64_t said_by(std::string_view value) {
    const bool tias = value.starts_with("TIAS:");
    if (!tias && !value.starts_with("AS:")) return 0;
    const auto number = base::to_number<std::uint64_t>(value.substr(value.find(':') + 1), kMost * 1000).value_or(0);
    return std::min(kMost, tias ? (number + 999) / 1000 : number);
}

// "8 PCMA/8000" where it is the map of this payload type.
std::string_view codec_of_map(std::string_view value, std::string_view format) {
    constexpr std::string_view kMap = "rtpmap:";
    if (!value.starts_with(kMap)) return {};
    value.remove_prefix(kMap.size());
    if (!value.starts_with(format) || value.size() <= format.size() || value[format.size()] != ' ') return {};
    value.remove_prefix(format.size() + 1);
    return value.substr(0, value.find('/'));
}

}  // namespace

std::uint64_t kbits_of(const Session& session) {
    struct Section {
        std::uint64_t said = 0;
        std::string_view codec;
    };
    std::vector<Section> sections(session.media().size() + 1);   // [0]: the session's own
    std::size_t at = 0;
    for (const auto& line : session.lines()) {
        if (line.type == 'm' && at + 1 < sections.size()) {
            const auto& formats = session.media()[at++].formats;
            if (!formats.empty()) sections[at].codec = formats.front();
        }
        auto& section = sections[at];
        if (line.type == 'b' && !section.said) section.said = said_by(line.value);
        if (line.type != 'a' || at == 0 || session.media()[at - 1].formats.empty()) continue;
        const auto codec = codec_of_map(line.value, session.media()[at - 1].formats.front());
        if (!codec.empty()) section.codec = codec;
    }
    if (sections[0].said) return sections[0].said;
    std::uint64_t sum = 0;
    for (std::size_t i = 1; i < sections.size(); ++i) {
        const auto& media = session.media()[i - 1];
        if (media.port) sum += sections[i].said ? sections[i].said : usual_of(media, sections[i].codec);
    }
    return std::min(kMost, sum);
}

}  // namespace sdp
