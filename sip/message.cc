#include "sip/message.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sip/head_lines.hh"
#include "sip/scan.hh"
#include "sip/start_line.hh"

namespace sip {
namespace {

constexpr std::size_t kUsualHeaders = 24;
constexpr std::size_t kRoomForEdits = 512;
constexpr std::uint32_t kCseqEnd = 1U << 31;  // RFC 3261, 8.1.1.5

// The number and the method of a CSeq value.
struct Cseq {
    std::uint32_t number;
    std::string_view method;
};
std::optional<Cseq> split_cseq(std::string_view value) {
    const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
    const auto number = base::to_number<std::uint32_t>(value.substr(0, digits), kCseqEnd - 1);
    const std::string_view method = base::trimmed(value.substr(digits));
    if (!number || digits == value.size() || !is_blank(value[digits]) || !is_token(method))
        return std::nullopt;
    return Cseq{*number, method};
}

// Line folds become one blank (RFC 3261, 7.3.1), in place.
char* unfold(char* begin, char* end) {
    char* out = std::find(begin, end, '\r');
    for (char* in = out; in != end;) {
        if (*in != '\r') {
            *out++ = *in++;
            continue;
        }
        while (out != begin && is_blank(out[-1])) --out;
        while (in != end && is_blank(*in)) ++in;
        *out++ = ' ';
    }
    return out;
}

// False when a control character stands anywhere but as a quoted pair, which is made harmless.
bool tame_quoted_pairs(char* begin, char* end) {
    for (char* at = begin; at != end; ++at) {
        if (!is_char(*at, kControlChar)) continue;
        if (at == begin || at[-1] != '\\') return false;
        *at = '?';
    }
    return true;
}

}  // namespace

Message::Message(std::size_t text_bytes) : text_(text_bytes) { headers_.reserve(kUsualHeaders); }

base::Result<Message> Message::parse(std::string_view bytes) {
    Message message(bytes.size() + kRoomForEdits);
    if (const auto reason = message.read(bytes)) return *reason;
    return message;
}

Message Message::request(Method method, std::string_view uri) { return request(name_of(method), uri); }

Message Message::request(std::string_view method_text, std::string_view uri) {
    Message message(2 * kRoomForEdits);
    message.method_text_ = message.text_.keep(method_text);
    message.method_ = parse_method(message.method_text_);
    message.request_uri_ = message.text_.keep(uri);
    return message;
}

Message Message::response(int status, std::string_view reason_phrase) {
    Message message(2 * kRoomForEdits);
    message.set_status(status, reason_phrase);
    return message;
}

Message Message::clone() const {
    std::size_t bytes =
        kRoomForEdits + method_text_.size() + request_uri_.size() + reason_phrase_.size() + body_.size();
    for (const Header& header : headers_) bytes += header.name.size() + header.value.size();
    Message copy(bytes);
    copy.method_ = method_;
    copy.status_ = status_;
    copy.method_text_ = copy.text_.keep(method_text_);
    copy.request_uri_ = copy.text_.keep(request_uri_);
    copy.reason_phrase_ = copy.text_.keep(reason_phrase_);
    copy.body_ = copy.text_.keep(body_);
    for (const Header& header : headers_)
        copy.headers_.push_back({header.id, copy.text_.keep(header.name), copy.text_.keep(header.value)});
    return copy;
}

std::optional<base::Reason> Message::read(std::string_view bytes) {
    char* const begin = text_.take(bytes.size());
    std::ranges::copy(bytes, begin);
    const std::string_view text(begin, bytes.size());
    std::size_t line_end = text.find("\r\n");
    if (line_end == std::string_view::npos) return base::Reason::not_sip;
    if (const auto reason = read_start_line(text.substr(0, line_end))) return reason;

    for (std::size_t at = line_end + 2;; at = line_end + 2) {
        line_end = text.find("\r\n", at);
        while (line_end != std::string_view::npos && line_end != at && line_end + 2 < text.size() &&
               (text[line_end + 2] == ' ' || text[line_end + 2] == '\t'))
            line_end = text.find("\r\n", line_end + 2);
        if (line_end == std::string_view::npos) return base::Reason::incomplete;
        if (line_end == at) break;
        if (const auto reason = read_header(begin + at, begin + line_end)) return reason;
    }

    body_ = text.substr(line_end + 2);
    if (const std::string_view length = value(HeaderName::content_length); !length.empty()) {
        const auto wanted = base::to_number<std::size_t>(length, body_.size());
        if (!wanted) return base::Reason::bad_content_length;
        body_ = body_.substr(0, *wanted);
    }
    for (const HeaderName id :
         {HeaderName::via, HeaderName::from, HeaderName::to, HeaderName::call_id, HeaderName::cseq})
        if (!has(id)) return base::Reason::missing_header;
    if (!read_cseq(value(HeaderName::cseq))) return base::Reason::bad_cseq;
    return std::nullopt;
}

std::optional<base::Reason> Message::read_start_line(std::string_view line) {
    const auto start = parse_start_line(line);
    if (!start) return start.error();
    status_ = start->status;
    reason_phrase_ = start->reason_phrase;
    method_text_ = start->method;
    method_ = parse_method(method_text_);
    request_uri_ = start->uri;
    return std::nullopt;
}

std::optional<base::Reason> Message::read_header(char* begin, char* end) {
    const std::string_view line(begin, static_cast<std::size_t>(end - begin));
    auto [name, value] = cut_header(line);
    if (name.empty()) return base::Reason::bad_header;
    if (!is_safe_value(value)) {
        char* const value_begin = begin + (value.data() - begin);
        char* const value_end = unfold(value_begin, value_begin + value.size());
        if (!tame_quoted_pairs(value_begin, value_end)) return base::Reason::control_character;
        value = {value_begin, static_cast<std::size_t>(value_end - value_begin)};
    }
    headers_.push_back({parse_header_name(name), name, value});
    return std::nullopt;
}

// A response has the method of its CSeq; a request's CSeq must agree with it (RFC 3261, 8.1.1.5).
bool Message::read_cseq(std::string_view value) {
    const auto cseq = split_cseq(value);
    if (!cseq) return false;
    if (is_request()) return cseq->method == method_text_;
    method_text_ = cseq->method;
    method_ = parse_method(method_text_);
    return true;
}

bool Message::has(HeaderName id) const {
    return std::ranges::any_of(headers_, [id](const Header& header) { return header.id == id; });
}

std::string_view Message::value(HeaderName id) const {
    for (const Header& header : headers_)
        if (header.id == id) return header.value;
    return {};
}

std::string_view Message::value(std::string_view name) const {
    const HeaderName id = parse_header_name(name);
    if (id != HeaderName::other) return value(id);
    for (const Header& header : headers_)
        if (base::equals_ignoring_case(header.name, name)) return header.value;
    return {};
}

std::vector<std::string_view> Message::items(HeaderName id) const {
    std::vector<std::string_view> all;
    for (const Header& header : headers_) {
        if (header.id != id) continue;
        if (!is_list(id))
            all.push_back(header.value);
        else
            std::ranges::copy(split_list(header.value), std::back_inserter(all));
    }
    return all;
}

bool Message::has_sdp() const {
    if (body_.empty()) return false;
    const std::string_view type = value(HeaderName::content_type);
    return base::equals_ignoring_case(base::trimmed(type.substr(0, type.find(';'))), "application/sdp");
}

std::string_view Message::from_tag() const {
    return header_parameter(value(HeaderName::from), "tag").value_or(std::string_view{});
}

std::string_view Message::to_tag() const {
    return header_parameter(value(HeaderName::to), "tag").value_or(std::string_view{});
}

std::uint32_t Message::cseq() const {
    const auto cseq = split_cseq(value(HeaderName::cseq));
    return cseq ? cseq->number : 0;
}

}  // namespace sip
