// Reading and writing a session description (RFC 8866; a=rtcp: RFC 3605; a=rtcp-mux: RFC 5761; direction and hold:
// RFC 3264, 5.1 and 8.4). Each line is kept as it came; only what we need is understood. The edits are in anchor.cc
// and hide.cc.
#include "sdp/session.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sdp/text.hh"

namespace sdp {
namespace {

using base::Reason;

// What stands before the first m=, and counts for each m-line that does not say otherwise.
struct Defaults {
    bool connection = false;  // there is a c=, be it a host name
    std::optional<base::Address> address;
    std::optional<Direction> direction;
    bool encrypted = false;
};

bool has_key(std::string_view attribute) { return attribute == "crypto" || attribute == "fingerprint"; }

std::optional<Direction> direction_of(std::string_view attribute) {
    if (attribute == "sendrecv") return Direction::sendrecv;
    if (attribute == "sendonly") return Direction::sendonly;
    if (attribute == "recvonly") return Direction::recvonly;
    if (attribute == "inactive") return Direction::inactive;
    return std::nullopt;
}

// m=<media> <port>[/<number of ports>] <proto> <fmt> ... (RFC 8866, 5.14)
base::Result<MediaDescription> parse_media(std::string_view value, std::size_t max_formats) {
    MediaDescription media;
    media.type = next_word(value);
    const auto ports = next_word(value);
    media.protocol = next_word(value);
    if (media.protocol.empty()) return Reason::bad_sdp;
    // Neither is a registered name then (RFC 8866, 8.2.1 and 8.2.2), and it could not be hidden without a change.
    if (holds_address(media.type) || holds_address(media.protocol)) return Reason::bad_sdp;
    const auto slash = ports.find('/');
    const auto port = base::to_number<std::uint16_t>(ports.substr(0, slash));
    if (!port) return Reason::bad_sdp;
    media.port = *port;
    if (slash != std::string_view::npos) {
        const auto count = base::to_number<std::uint16_t>(ports.substr(slash + 1));
        if (!count || *count == 0) return Reason::bad_sdp;
        media.port_count = *count;
    }
    for (auto format = next_word(value); !format.empty(); format = next_word(value)) {
        if (media.formats.size() == max_formats) return Reason::sdp_limit;
        media.formats.emplace_back(format);
    }
    if (media.formats.empty() && media.port) return Reason::bad_sdp;
    constexpr std::string_view kRtp = "RTP/";
    const auto same = [](char a, char b) { return base::lower(a) == base::lower(b); };
    media.is_rtp = std::search(media.protocol.begin(), media.protocol.end(), kRtp.begin(), kRtp.end(), same) !=
                   media.protocol.end();
    return media;
}

// a=rtcp:<port> [<nettype> <addrtype> <address>] (RFC 3605, 2.1). Port 0 or a host name: no place to send to.
base::Result<std::optional<base::Endpoint>> parse_rtcp(std::string_view value, const MediaDescription& media) {
    const auto port = base::to_number<std::uint16_t>(next_word(value));
    if (!port) return Reason::bad_sdp;
    auto address = media.address;
    if (!base::trimmed(value).empty()) {
        const auto connection = parse_connection(base::trimmed(value));
        if (!connection) return connection.error();
        address = connection->address;
    }
    if (!address || *port == 0) return std::optional<base::Endpoint>{};
    return std::optional(base::Endpoint{*address, *port});
}

// One m-line with its own lines, `lines` after it.
std::optional<Reason> read_media(MediaDescription& media, std::span<const Line> lines, const Defaults& defaults) {
    bool own_connection = false;
    std::optional<Direction> direction;
    std::optional<std::string_view> rtcp;
    media.address = defaults.address;
    media.rtcp_mux = false;
    media.is_encrypted = defaults.encrypted || media.protocol.find("SAVP") != media.protocol.npos;
    media.rtcp.reset();
    for (const Line& line : lines) {
        if (line.type == 'c') {
            const auto connection = parse_connection(line.value);
            if (!connection) return connection.error();
            if (!own_connection) media.address = connection->address;  // the first counts where there are several
            own_connection = true;
        } else if (line.type == 'a') {
            const std::string_view name = attribute_name(line.value);
            if (has_key(name)) media.is_encrypted = true;
            if (name == "rtcp" && !rtcp) rtcp = attribute_value(line.value);
            else if (line.value == "rtcp-mux") media.rtcp_mux = true;
            else if (!direction) direction = direction_of(line.value);
        }
    }
    if (!own_connection && !defaults.connection && media.port) return Reason::bad_sdp;  // RFC 8866, 5.7
    media.direction = direction.value_or(defaults.direction.value_or(Direction::sendrecv));
    media.hold_by_address = media.address && media.address->is_unspecified();
    if (!media.is_rtp || !media.port) return std::nullopt;
    if (rtcp) {
        const auto endpoint = parse_rtcp(*rtcp, media);
        if (!endpoint) return endpoint.error();
        media.rtcp = *endpoint;
    } else if (media.address && media.port < 65535) {
        media.rtcp = base::Endpoint{*media.address, static_cast<std::uint16_t>(media.port + 1)};
    }
    if (media.rtcp && media.rtcp->address.is_unspecified()) media.rtcp.reset();
    return std::nullopt;
}

// The six fields of o= (RFC 8866, 5.2), cut from the end: a user name with blanks is met in the wild.
struct Origin {
    std::string_view version, connection;
};

std::optional<Origin> parse_origin(std::string_view value) {
    const auto last_word = [](std::string_view& text) {
        const auto blank = text.find_last_of(' ');
        const auto word = text.substr(blank + 1);  // npos + 1 is 0: all of it
        text.remove_suffix(blank == text.npos ? text.size() : word.size() + 1);
        return word;
    };
    std::string_view rest = value;
    for (int field = 0; field < 3; ++field)
        if (last_word(rest).empty()) return std::nullopt;
    Origin origin;
    origin.connection = value.substr(std::min(rest.size() + 1, value.size()));
    origin.version = last_word(rest);
    if (origin.version.empty() || last_word(rest).empty() || rest.empty()) return std::nullopt;
    return origin;
}

}  // namespace

std::optional<base::Endpoint> MediaDescription::rtp() const {
    if (!port || !address || address->is_unspecified()) return std::nullopt;
    return base::Endpoint{*address, port};
}

base::Result<Session> Session::parse(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes) return Reason::sdp_limit;
    Session session;
    session.lines_.reserve(24);
    std::size_t attributes = 0;
    while (!text.empty()) {
        const auto feed = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, feed);
        text.remove_prefix(std::min(feed + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > limits.line_bytes) return Reason::sdp_limit;
        if (line.empty() && text.find_first_not_of("\r\n") == std::string_view::npos) break;  // blank lines at the end
        if (line.size() < 2 || line[1] != '=' || line[0] <= ' ' || line[0] > '~') return Reason::bad_sdp;
        if (line.find('\r') != line.npos || line.find('\0') != line.npos) return Reason::bad_sdp;
        const auto value = line.substr(2);
        if (session.lines_.empty() ? line != "v=0" : line[0] == 'v') return Reason::bad_sdp;
        if (line[0] == 'a' && ++attributes > limits.attributes) return Reason::sdp_limit;
        const bool origin_due = session.lines_.size() == kOriginLine;
        if (origin_due != (line[0] == 'o') || (origin_due && !parse_origin(value))) return Reason::bad_sdp;
        if (line[0] == 'm') {
            if (session.media_begin_.size() == limits.media) return Reason::sdp_limit;
            auto media = parse_media(value, limits.formats);
            if (!media) return media.error();
            session.media_.push_back(std::move(*media));
            session.media_begin_.push_back(session.lines_.size());
        }
        session.lines_.push_back({line[0], std::string(value)});
    }
    if (session.lines_.size() <= kOriginLine) return Reason::bad_sdp;
    if (const auto reason = session.read()) return *reason;
    return session;
}

std::optional<base::Reason> Session::read() {
    Defaults defaults;
    const std::span<const Line> lines(lines_);
    const std::size_t session_end = media_begin_.empty() ? lines.size() : media_begin_.front();
    for (const Line& line : lines.first(session_end)) {
        if (line.type == 'c') {
            const auto connection = parse_connection(line.value);
            if (!connection) return connection.error();
            if (!defaults.connection) defaults.address = connection->address;
            defaults.connection = true;
        } else if (line.type == 'a') {
            if (has_key(attribute_name(line.value))) defaults.encrypted = true;
            if (!defaults.direction) defaults.direction = direction_of(line.value);
        }
    }
    for (std::size_t i = 0; i < media_.size(); ++i) {
        const std::size_t begin = media_begin_[i] + 1;
        const std::size_t end = i + 1 < media_.size() ? media_begin_[i + 1] : lines.size();
        if (const auto reason = read_media(media_[i], lines.subspan(begin, end - begin), defaults)) return reason;
    }
    return std::nullopt;
}

std::optional<base::Address> Session::origin_address() const {
    const auto connection = parse_connection(parse_origin(lines_[kOriginLine].value)->connection);
    return connection ? connection->address : std::nullopt;
}

std::uint64_t Session::origin_version() const {
    return base::to_number<std::uint64_t>(parse_origin(lines_[kOriginLine].value)->version).value_or(0);
}

std::string Session::to_string() const {
    std::size_t size = 0;
    for (const Line& line : lines_) size += line.value.size() + 4;
    std::string text;
    text.reserve(size);
    for (const Line& line : lines_) {
        text += line.type;
        text += '=';
        text += line.value;
        text += "\r\n";
    }
    return text;
}

}  // namespace sdp
