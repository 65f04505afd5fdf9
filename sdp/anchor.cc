// Anchoring: our address and ports take the place of the peer's, line by line (RFC 8866, 5.7 and 5.14; a=rtcp:
// RFC 3605 and RFC 5761, 5.1.3; o=: RFC 3264, 5 and 8), and what offers other ways to the peer goes (ICE, RFC 8839;
// RFC 6947; RFC 7006; RFC 4570). Which ports are ours is decided elsewhere.
#include <algorithm>
#include <array>
#include <cassert>

#include "sdp/session.hh"
#include "sdp/text.hh"

namespace sdp {
namespace {

// Attributes that name a transport address of the peer beside m=, c= and a=rtcp, or belong to such ones.
constexpr std::array<std::string_view, 12> kOtherWays{
    "candidate",  "remote-candidates", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options",
    "ice-lite",   "ice-mismatch",      "ice-pacing",        "ice2",      "alt",     "altc"};
constexpr std::array<std::string_view, 2> kMoreWays{"ccap", "source-filter"};

bool names_another_way(std::string_view attribute) {
    const auto name = attribute_name(attribute);
    return std::ranges::find(kOtherWays, name) != kOtherWays.end() ||
           std::ranges::find(kMoreWays, name) != kMoreWays.end();
}

bool is_direction(std::string_view attribute) {
    return attribute == "sendrecv" || attribute == "sendonly" || attribute == "recvonly" || attribute == "inactive";
}

// What one section (the session, or one m-line) gets.
struct Section {
    const MediaDescription* media = nullptr;      // nothing: the session level
    const Anchor* anchor = nullptr;               // nothing: the m-line is refused
    base::Address address;                        // for c=
    bool needs_connection = false;                // even where it has none now
};

std::string media_text(const MediaDescription& media, const Anchor* anchor) {
    std::string text = media.type + " " + std::to_string(anchor ? anchor->rtp.port : 0) + " " + media.protocol;
    for (const auto& format : media.formats) (text += ' ') += format;
    return text;
}

// The value of a=rtcp where one is needed: RTCP is neither on the next port nor muxed by agreement.
std::optional<std::string> rtcp_text(const MediaDescription& media, const Anchor& anchor) {
    if (!media.is_rtp) return std::nullopt;
    const bool same_address = anchor.rtcp.address == anchor.rtp.address;
    if (same_address && anchor.rtcp.port == anchor.rtp.port + 1) return std::nullopt;
    if (anchor.rtcp == anchor.rtp && media.rtcp_mux) return std::nullopt;
    std::string text = "rtcp:" + std::to_string(anchor.rtcp.port);
    if (!same_address) (text += ' ') += connection_text(anchor.rtcp.address);
    return text;
}

// RFC 2543's hold says by its address what a direction says today: the peer may not send.
std::string_view hold_text(Direction direction) {
    return direction == Direction::sendrecv || direction == Direction::sendonly ? "sendonly" : "inactive";
}

std::string path_text(const Section& section, std::string_view path) {
    const std::uint16_t port = section.anchor ? section.anchor->rtp.port : kDiscardPort;
    return path_at(path, {section.address, port});
}

// Copies the lines of one section, edited.
void edit(const Section& section, std::span<Line> lines, std::vector<Line>& to) {
    bool connection_due = section.needs_connection;
    auto rtcp = section.anchor ? rtcp_text(*section.media, *section.anchor) : std::nullopt;
    const bool held = section.media && section.media->hold_by_address && section.anchor;
    const auto write_connection = [&] {
        if (connection_due) to.push_back({'c', connection_text(section.address)});
        connection_due = false;
    };
    for (Line& line : lines) {
        if (line.type == 'm') {
            to.push_back({'m', media_text(*section.media, section.anchor)});
            continue;
        }
        if (line.type == 'c') {
            write_connection();  // the first; others at the same level go
            continue;
        }
        // c= stands after i= and before b=, k= and a= (RFC 8866, 5)
        if (section.media && line.type != 'i') write_connection();
        if (line.type == 'a') {
            if (names_another_way(line.value) || (held && is_direction(line.value))) continue;
            if (attribute_name(line.value) == "rtcp") {
                if (rtcp) to.push_back({'a', std::move(*rtcp)});
                rtcp.reset();
                continue;
            }
            if (attribute_name(line.value) == "path") {
                const auto path = path_text(section, attribute_value(line.value));
                if (!path.empty()) to.push_back({'a', "path:" + path});
                continue;
            }
        }
        to.push_back(std::move(line));
    }
    write_connection();
    if (rtcp) to.push_back({'a', std::move(*rtcp)});
    if (held) to.push_back({'a', std::string(hold_text(section.media->direction))});
}

}  // namespace

void Session::anchor(std::span<const std::optional<Anchor>> anchors) {
    assert(anchors.size() == media_.size());
    const std::span<Line> lines(lines_);
    const std::size_t session_end = media_begin_.empty() ? lines.size() : media_begin_.front();

    // Refused m-lines show this address too, and 0.0.0.0 where no m-line is left: nothing of the inside either way.
    base::Address first = base::Address::v4(0);
    for (std::size_t i = media_.size(); i-- > 0;)
        if (anchors[i] && media_[i].port) first = anchors[i]->rtp.address;

    std::vector<Line> edited;
    edited.reserve(lines.size() + 2 * media_.size());
    Section section;
    section.address = first;
    const auto is_connection = [](const Line& line) { return line.type == 'c'; };
    const bool session_connection = std::ranges::any_of(lines.first(session_end), is_connection);
    section.needs_connection = session_connection;
    edit(section, lines.first(session_end), edited);
    for (std::size_t i = 0; i < media_.size(); ++i) {
        const std::size_t end = i + 1 < media_.size() ? media_begin_[i + 1] : lines.size();
        const auto own = lines.subspan(media_begin_[i], end - media_begin_[i]);
        section.media = &media_[i];
        section.anchor = anchors[i] && media_[i].port ? &*anchors[i] : nullptr;
        section.address = section.anchor ? section.anchor->rtp.address : first;
        section.needs_connection = !session_connection || section.address != first ||
                                   std::ranges::any_of(own, is_connection);
        media_begin_[i] = edited.size();
        edit(section, own, edited);
        media_[i].port = section.anchor ? section.anchor->rtp.port : 0;
        media_[i].port_count = 1;
    }
    lines_ = std::move(edited);
    [[maybe_unused]] const auto reason = read();
    assert(!reason);
}

void Session::set_origin(std::string_view user, std::uint64_t id, std::uint64_t version,
                         const base::Address& advertised) {
    assert(user.find_first_of(" \r\n") == user.npos && !user.empty());
    std::string& value = lines_[kOriginLine].value;
    value = user;
    (value += ' ') += std::to_string(id);
    (value += ' ') += std::to_string(version);
    (value += ' ') += connection_text(advertised);
}

}  // namespace sdp
