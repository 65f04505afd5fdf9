#include "sbc/description.hh"

#include "base/text.hh"

namespace sbc {
namespace {

using sip::HeaderName;

constexpr std::string_view kSdp = "application/sdp";

// The boundary of a multipart Content-Type, without quotes; empty for other types.
std::string_view boundary_of(std::string_view content_type) {
    if (!base::starts_with_ignoring_case(content_type, "multipart/")) return {};
    for (auto at = content_type.find(';'); at != content_type.npos; at = content_type.find(';', at + 1)) {
        auto parameter = base::trimmed(content_type.substr(at + 1));
        if (!base::starts_with_ignoring_case(parameter, "boundary=")) continue;
        parameter.remove_prefix(9);
        if (parameter.starts_with('"')) return parameter.substr(1, parameter.find('"', 1) - 1);
        return base::trimmed(parameter.substr(0, parameter.find(';')));
    }
    return {};
}

bool is_sdp_part(std::string_view head) {
    for (std::size_t at = 0; at < head.size();) {
        const auto end = std::min(head.find("\r\n", at), head.size());
        const auto line = head.substr(at, end - at);
        const auto colon = line.find(':');
        const auto name = base::trimmed(line.substr(0, colon));
        if (colon != line.npos && (base::equals_ignoring_case(name, "Content-Type") || base::equals_ignoring_case(name, "c")))
            return base::starts_with_ignoring_case(base::trimmed(line.substr(colon + 1)), kSdp);
        at = end + 2;
    }
    return false;
}

// The SDP part's own bytes within a multipart body; empty when there is none. One pass over the body.
std::string_view sdp_part(std::string_view body, std::string_view boundary) {
    const std::string delimiter = "--" + std::string(boundary);
    auto at = body.find(delimiter);
    while (at != body.npos) {
        const auto begin = body.find("\r\n", at);
        const auto next = body.find("\r\n" + delimiter, at + delimiter.size());
        if (begin == body.npos || next == body.npos || begin >= next) return {};
        const auto part = body.substr(begin + 2, next - begin - 2);
        if (const auto blank = part.find("\r\n\r\n"); blank != part.npos && is_sdp_part(part.substr(0, blank)))
            return part.substr(blank + 4);
        at = next + 2;
    }
    return {};
}

}  // namespace

bool has_description(const sip::Message& message) { return !description_of(message).empty(); }

std::string_view description_of(const sip::Message& message) {
    if (message.has_sdp()) return message.body();
    const auto boundary = boundary_of(message.value(HeaderName::content_type));
    return boundary.empty() ? std::string_view{} : sdp_part(message.body(), boundary);
}

void set_description(sip::Message& message, std::string_view description) {
    if (message.has_sdp()) return message.set_body(std::string(description), kSdp);
    const auto old = description_of(message);
    if (old.empty()) return;
    const auto body = message.body();
    const auto offset = static_cast<std::size_t>(old.data() - body.data());
    std::string changed(body.substr(0, offset));
    changed.append(description);
    // The line end before the delimiter belongs to the delimiter, and a description ends in one of its own.
    changed.append(body.substr(offset + old.size()));
    message.set_body(std::move(changed));
}

void drop_body(sip::Message& message) {
    message.set_body({});
    message.remove(HeaderName::content_type);
}

}  // namespace sbc
