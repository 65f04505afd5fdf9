// Topology hiding in a session description, beside anchoring: names and addresses of the inside in any line (RFC 8866,
// 5.3 to 5.6 and 5.12; a=ssrc: RFC 5576, 6.1; a=msid: RFC 8830; a=path: RFC 4975, 8). Which of it is wanted is policy.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/text.hh"
#include "sdp/session.hh"
#include "sdp/text.hh"

namespace sdp {
namespace {

// Neutral names, the same one for the same original throughout the description.
class Names {
 public:
    std::string_view neutral(std::string_view original) {
        const auto [at, fresh] = names_.try_emplace(std::string(original));
        if (fresh) at->second = "n" + std::to_string(names_.size());
        return at->second;
    }

    // Every word of the text but "-", which means none (RFC 8830, 2).
    std::string neutral_words(std::string_view text) {
        std::string words;
        for (auto word = next_word(text); !word.empty(); word = next_word(text)) {
            if (!words.empty()) words += ' ';
            words += word == "-" ? word : neutral(word);
        }
        return words;
    }

 private:
    std::unordered_map<std::string, std::string> names_;
};

// a=ssrc:<id> <attribute>:<value>, a=msid, a=msid-semantic, a=mslabel and a=label of streams.
void hide_stream_names(std::string& attribute, Names& names) {
    const std::string_view view = attribute;
    const auto name = attribute_name(view);
    std::size_t keep;  // how much of the line stays
    if (name == "ssrc") {
        const auto blank = view.find(' ');
        if (blank == view.npos) return;
        const auto inner = attribute_name(view.substr(blank + 1));
        if (inner != "cname" && inner != "msid" && inner != "mslabel" && inner != "label") return;
        keep = std::min(blank + 1 + inner.size() + 1, view.size());
    } else if (name == "msid") {
        keep = std::min(name.size() + 1, view.size());
    } else if (name == "msid-semantic") {
        const auto semantic = view.find_first_not_of(' ', std::min(name.size() + 1, view.size()));
        keep = std::min(view.find(' ', std::min(semantic, view.size())), view.size());
        if (keep == view.size() || view.substr(keep + 1) == "*") return;
        ++keep;
    } else {
        return;
    }
    attribute = std::string(view.substr(0, keep)) + names.neutral_words(view.substr(keep));
}

// Attributes that only ever name what made the description, or where more of it is to be found.
bool is_foreign(std::string_view attribute) {
    const auto name = attribute_name(attribute);
    if (base::starts_with_ignoring_case(name, "X-")) return true;
    if (name == "rtcp") return false;  // anchoring has written it
    if (holds_address(attribute)) return true;
    // extmap names its kind by a URI of the world (RFC 8285, 5)
    return name != "extmap" && attribute.find("://") != attribute.npos;
}

// Words that hold an address, in what cannot go: they become a dash.
void mask_words(std::string& value) {
    if (!holds_address(value)) return;
    std::string masked;
    std::string_view rest = value;
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
        if (!masked.empty()) masked += ' ';
        masked += holds_address(word) ? "-" : word;
    }
    value = std::move(masked);
}

void mask_formats(std::string& line, MediaDescription& media) {
    mask_words(line);
    for (auto& format : media.formats) mask_words(format);
}

// False: the line goes. `media` is the m-line above it.
bool hide_attribute(std::string& attribute, const Session::Hiding& hiding, Names& names,
                    const MediaDescription* media) {
    if (hiding.cname) hide_stream_names(attribute, names);
    if (hiding.information && attribute_name(attribute) == "tool") return false;
    if (!hiding.foreign) return true;
    if (attribute_name(attribute) != "path") return !is_foreign(attribute);
    if (!media || !media->address) return false;
    const auto path = path_at(attribute_value(attribute), {*media->address, media->port ? media->port : kDiscardPort});
    attribute = "path:" + path;
    return !path.empty();
}

}  // namespace

void Session::hide(const Hiding& hiding) {
    Names names;
    std::vector<Line> kept;
    kept.reserve(lines_.size());
    const MediaDescription* media = nullptr;
    std::size_t m_lines = 0;
    for (Line& line : lines_) {
        switch (line.type) {
            case 'v':
            case 'o':
            case 'c': break;
            case 'm':
                media = &media_[m_lines];
                media_begin_[m_lines++] = kept.size();
                if (hiding.foreign) mask_formats(line.value, media_[m_lines - 1]);
                break;
            case 's':
                if (hiding.session_name) line.value = "-";
                if (hiding.foreign) mask_words(line.value);
                break;
            case 't':
                if (hiding.foreign) mask_words(line.value);
                break;
            case 'i':
            case 'u':
            case 'e':
            case 'p':
                if (hiding.information) continue;
                break;
            case 'k':
                if (hiding.information && base::starts_with_ignoring_case(line.value, "uri:")) continue;
                break;
            case 'a':
                if (!hide_attribute(line.value, hiding, names, media)) continue;
                break;
            default: break;
        }
        const bool may_hold_address = line.type == 'c' || line.type == 'o' || line.type == 'a';
        if (hiding.foreign && !may_hold_address && holds_address(line.value)) continue;
        kept.push_back(std::move(line));
    }
    lines_ = std::move(kept);
}

}  // namespace sdp
