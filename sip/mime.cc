#include "sip/mime.hh"

#include <algorithm>

#include "base/text.hh"
#include "sip/head_lines.hh"
#include "sip/header_name.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kBoundaryEnd = 71;  // RFC 2046, 5.1.1: at most 70 characters

std::string_view boundary_of(std::string_view content_type) {
    std::string_view boundary = header_parameter(content_type, "boundary").value_or(std::string_view{});
    if (boundary.size() >= 2 && boundary.front() == '"' && boundary.back() == '"')
        boundary = boundary.substr(1, boundary.size() - 2);
    return boundary;
}

class PartCounter {
  public:
    explicit PartCounter(const Limits& limits) : limits_(limits) {}

    bool walk(std::string_view content_type, std::string_view body, std::size_t depth) {
        if (!base::starts_with_ignoring_case(content_type, "multipart/")) return true;
        const std::string_view boundary = boundary_of(content_type);
        if (boundary.empty() || boundary.size() >= kBoundaryEnd || depth == limits_.mime_depth) return false;
        std::size_t part = kNowhere;  // where the present part begins
        for (std::size_t at = 0; at < body.size();) {
            const std::size_t end = std::min(body.find('\n', at), body.size() - 1) + 1;
            const std::string_view line = body.substr(at, end - at);
            if (line.starts_with("--") && line.substr(2).starts_with(boundary)) {
                if (part != kNowhere && !walk_part(body.substr(part, at - part), depth)) return false;
                const bool closes = line.substr(2 + boundary.size()).starts_with("--");
                part = closes ? kNowhere : end;
                if (!closes && ++parts_ > limits_.mime_parts) return false;
            }
            at = end;
        }
        return true;
    }

  private:
    bool walk_part(std::string_view part, std::size_t depth) {
        HeadLines lines(part);
        std::string_view line, content_type;
        while (lines.next(line))
            if (const RawHeader header = cut_header(line);
                parse_header_name(header.name) == HeaderName::content_type)
                content_type = header.value;
        return walk(content_type, part.substr(lines.at()), depth + 1);
    }

    const Limits& limits_;
    std::size_t parts_ = 0;
};

}  // namespace

bool within_mime_limits(std::string_view content_type, std::string_view body, const Limits& limits) {
    return PartCounter(limits).walk(content_type, body, 0);
}

}  // namespace sip
