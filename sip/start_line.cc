#include "sip/start_line.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

using base::Reason;

constexpr auto kNowhere = std::string_view::npos;
constexpr std::string_view kVersion = "SIP/2.0";

bool is_version(std::string_view text) {
    if (!base::starts_with_ignoring_case(text, "SIP/")) return false;
    const std::size_t dot = text.find('.', 4);
    const auto digits = [](std::string_view part) {
        return !part.empty() && part.find_first_not_of("0123456789") == kNowhere;
    };
    return dot != kNowhere && digits(text.substr(4, dot - 4)) && digits(text.substr(dot + 1));
}

base::Result<StartLine> parse_status_line(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == kNowhere || !is_version(line.substr(0, blank))) return Reason::bad_start_line;
    if (!base::equals_ignoring_case(line.substr(0, blank), kVersion)) return Reason::bad_version;
    const std::string_view rest = line.substr(blank + 1);
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const auto status = base::to_number<std::uint16_t>(rest.substr(0, end), 699);
    if (end != 3 || !status || *status < 100) return Reason::bad_status;
    StartLine start;
    start.status = *status;
    start.reason_phrase = rest.substr(std::min(end + 1, rest.size()));
    return start;
}

}  // namespace

bool looks_like_response(std::string_view line) { return base::starts_with_ignoring_case(line, "SIP/"); }

base::Result<StartLine> parse_start_line(std::string_view line) {
    if (!is_safe_text(line)) return Reason::control_character;
    if (looks_like_response(line)) return parse_status_line(line);
    const std::size_t first = std::min(line.find(' '), line.size());
    if (first == line.size() || !is_token(line.substr(0, first))) return Reason::not_sip;
    const std::size_t second = line.find(' ', std::min(first + 1, line.size()));
    if (second == kNowhere || second == first + 1) return Reason::bad_start_line;
    const std::string_view version = line.substr(second + 1);
    if (!is_version(version)) return Reason::bad_start_line;
    if (!base::equals_ignoring_case(version, kVersion)) return Reason::bad_version;
    StartLine start;
    start.method = line.substr(0, first);
    start.uri = line.substr(first + 1, second - first - 1);
    return start;
}

}  // namespace sip
