#include "sip/guard.hh"

#include <algorithm>
#include <bitset>

#include "base/number.hh"
#include "base/text.hh"
#include "sip/head_lines.hh"
#include "sip/header_name.hh"
#include "sip/mime.hh"
#include "sip/scan.hh"
#include "sip/start_line.hh"
#include "sip/syntax.hh"

namespace sip {
namespace {

using base::Reason;

constexpr std::uint32_t kLastCseq = (1U << 31) - 1;  // RFC 3261, 8.1.1.5
constexpr auto kNowhere = std::string_view::npos;

// Two of these would let two readers understand two different messages.
bool stands_once(HeaderName id) {
    switch (id) {
        case HeaderName::call_id:
        case HeaderName::content_length:
        case HeaderName::content_type:
        case HeaderName::cseq:
        case HeaderName::event:
        case HeaderName::expires:
        case HeaderName::from:
        case HeaderName::max_forwards:
        case HeaderName::rack:
        case HeaderName::refer_to:
        case HeaderName::replaces:
        case HeaderName::rseq:
        case HeaderName::session_expires:
        case HeaderName::sip_if_match:
        case HeaderName::subscription_state:
        case HeaderName::to:
            return true;
        default:
            return false;
    }
}

bool holds_addresses(HeaderName id) {
    switch (id) {
        case HeaderName::contact:
        case HeaderName::from:
        case HeaderName::path:
        case HeaderName::record_route:
        case HeaderName::route:
        case HeaderName::service_route:
        case HeaderName::to:
            return true;
        default:
            return false;
    }
}

// A message while it is read: the first flaw counts, but the reading goes on to know whether it can be
// answered.
class Scan {
  public:
    Scan(std::string_view bytes, Framing framing, const Limits& limits)
        : bytes_(bytes), framing_(framing), limits_(limits), lines_(bytes) {}

    GuardVerdict run() {
        if (bytes_.find_first_not_of(std::string_view("\r\n\0", 3)) == kNowhere)
            return refused(Reason::keep_alive);
        const std::size_t most =
            framing_ == Framing::datagram ? limits_.datagram_bytes : limits_.stream_bytes;
        if (bytes_.size() > most && framing_ != Framing::stream) note(Reason::message_too_large);
        if (!read_start_line()) return refused(*flaw_);
        std::string_view line;
        while (lines_.next(line)) read_header(line);
        if (!lines_.complete()) {
            if (framing_ == Framing::stream && bytes_.size() <= most) return refused(Reason::incomplete);
            note(framing_ == Framing::stream ? Reason::message_too_large : Reason::bad_header);
        }
        if (!lines_.strict()) note(Reason::bad_line_end);
        check_mandatory();
        if (flaw_) return refused(*flaw_);
        return check_body(most);
    }

  private:
    void note(Flaw flaw) {
        if (!flaw_) flaw_ = flaw;
    }

    GuardVerdict refused(Reason reason) const {
        GuardVerdict verdict;
        verdict.reason = reason;
        verdict.is_request = is_request_;
        verdict.answerable =
            is_request_ && method_ != "ACK" && seen(HeaderName::via) && reason != Reason::incomplete;
        return verdict;
    }

    bool seen(HeaderName id) const { return seen_[static_cast<std::size_t>(id)]; }

    // False when it is no SIP at all.
    bool read_start_line() {
        std::string_view line;
        if (!lines_.next(line)) {
            const bool more =
                framing_ == Framing::stream && !lines_.complete() && bytes_.size() <= limits_.stream_bytes;
            note(more ? Reason::incomplete : Reason::not_sip);
            return false;
        }
        check_line(line, false);
        if (line.find_first_of("\r\n") != kNowhere)
            note(Reason::bad_start_line);  // the next line begins with a blank
        is_request_ = !looks_like_response(line);
        method_ = line.substr(0, line.find(' '));
        if (is_request_ && !is_token(method_)) note(Reason::not_sip);
        const auto start = parse_start_line(line);
        if (!start) {
            note(start.error());
            return *flaw_ != Reason::not_sip;
        }
        if (!is_request_) return true;
        note(check_uri(start->uri, limits_.uri_parameters));
        // RFC 3261, 19.1.1: a Request-URI has no headers.
        const bool sip = base::starts_with_ignoring_case(start->uri, "sip:") ||
                         base::starts_with_ignoring_case(start->uri, "sips:");
        const std::size_t host = start->uri.find('@');
        if (sip && start->uri.find('?', host == kNowhere ? 0 : host) != kNowhere) note(Reason::bad_uri);
        return true;
    }

    // Length, line ends and control characters of one line. A quoted pair may hold a control character (RFC
    // 3261, 25.1); where quoted strings are read, their reader decides.
    void check_line(std::string_view line, bool quoted_pairs) {
        if (line.size() > limits_.line_bytes) note(Reason::line_too_long);
        if (is_safe_text(line)) return;
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            if (!is_char(c, kControlChar)) continue;
            const bool fold = c == '\r' && at + 2 < line.size() && line[at + 1] == '\n';
            if (fold)
                ++at;
            else if (c == '\r' || c == '\n')
                note(Reason::bad_line_end);
            else if (!quoted_pairs || at == 0 || line[at - 1] != '\\')
                note(Reason::control_character);
        }
    }

    void read_header(std::string_view line) {
        if (++headers_ > limits_.headers) return note(Reason::too_many_headers);
        const auto [name, value] = cut_header(line);
        const HeaderName id = parse_header_name(name);
        check_line(line, holds_addresses(id));
        if (name.empty()) return note(Reason::bad_header);
        if (id != HeaderName::other && seen(id) && stands_once(id)) note(Reason::repeated_header);
        const bool first = !seen(id);
        seen_.set(static_cast<std::size_t>(id));
        if (line.size() > limits_.line_bytes) return;
        if (holds_addresses(id) || is_list(id)) return note(check_items(id, value));
        switch (id) {
            case HeaderName::call_id:
                if (value.empty() || std::ranges::any_of(value, is_blank)) note(Reason::bad_header);
                break;
            case HeaderName::cseq:
                return note(check_cseq(value));
            case HeaderName::max_forwards:
                if (!base::to_number<std::uint8_t>(value)) note(Reason::bad_header);
                break;
            case HeaderName::content_length:
                body_bytes_ = base::to_number<std::size_t>(value);
                if (!body_bytes_) note(Reason::bad_content_length);
                break;
            case HeaderName::content_type:
                if (first) content_type_ = value;
                break;
            default:
                break;
        }
    }

    Flaw check_items(HeaderName id, std::string_view value) {
        if (!is_list(id)) return check_name_addr(value, limits_.uri_parameters);
        if (id == HeaderName::contact && value == "*") return std::nullopt;
        const bool addresses = holds_addresses(id);
        std::size_t count = 0;
        for (std::size_t at = 0; at != kNowhere;) {
            const std::string_view item = next_item(value, at);
            if (id == HeaderName::via) {
                if (++vias_ > limits_.vias) return Reason::too_many_vias;
                if (const Flaw flaw = check_via(item, limits_.uri_parameters)) return flaw;
            } else {
                if (++count > limits_.list_items) return Reason::too_many_items;
                if (!addresses) continue;
                if (const Flaw flaw = check_name_addr(item, limits_.uri_parameters)) return flaw;
            }
        }
        return std::nullopt;
    }

    Flaw check_cseq(std::string_view value) const {
        const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
        const std::string_view method = base::trimmed(value.substr(digits));
        const bool separated = digits < value.size() && is_blank(value[digits]);
        if (!separated || !base::to_number<std::uint32_t>(value.substr(0, digits), kLastCseq) ||
            !is_token(method))
            return Reason::bad_cseq;
        if (is_request_ && method != method_) return Reason::bad_cseq;
        return std::nullopt;
    }

    void check_mandatory() {
        for (const HeaderName id :
             {HeaderName::via, HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq})
            if (!seen(id)) note(Reason::missing_header);
        // RFC 3261, 20.14: on a stream only Content-Length tells where the message ends.
        if (framing_ == Framing::stream && !seen(HeaderName::content_length)) note(Reason::missing_header);
    }

    GuardVerdict check_body(std::size_t most) {
        const std::size_t head = lines_.at(), there = bytes_.size() - head;
        const std::size_t wanted = body_bytes_.value_or(there);
        if (wanted > most || head + wanted > most) return refused(Reason::message_too_large);
        if (wanted > there)
            return refused(framing_ == Framing::stream ? Reason::incomplete : Reason::bad_content_length);
        if (!within_mime_limits(content_type_, bytes_.substr(head, wanted), limits_))
            return refused(Reason::bad_body);
        GuardVerdict verdict = refused(Reason::not_sip);
        verdict.accepted = true;
        verdict.message_bytes = head + wanted;
        return verdict;
    }

    std::string_view bytes_;
    Framing framing_;
    const Limits& limits_;
    HeadLines lines_;
    Flaw flaw_;
    bool is_request_ = false;
    std::string_view method_, content_type_;
    std::optional<std::size_t> body_bytes_;
    std::size_t headers_ = 0, vias_ = 0;
    std::bitset<128> seen_;
};

}  // namespace

GuardVerdict guard(std::string_view bytes, Framing framing, const Limits& limits) {
    return Scan(bytes, framing, limits).run();
}

}  // namespace sip
