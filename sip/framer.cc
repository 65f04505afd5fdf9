#include "sip/framer.hh"

#include <algorithm>

#include "base/number.hh"
#include "sip/head_lines.hh"
#include "sip/header_name.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

Framer::Step Framer::next() {
    if (wanted_ == 0) {
        // RFC 3261, 7.5: CRLF before a start line is ignored; two of them are a keep-alive (RFC 5626, 4.4.1).
        while (rest().size() > 2 && rest().starts_with("\r\n") && rest()[2] != '\r') drop(2);
        if (rest().starts_with(kHeadEnd)) {
            drop(kHeadEnd.size());
            return Ping{};
        }
        if (kHeadEnd.starts_with(rest())) return NeedMore{};
        if (!is_char(rest().front(), kTokenChar)) return broken(base::Reason::not_sip, rest().size());

        const std::size_t end = rest().find(kHeadEnd, scanned_ < 3 ? 0 : scanned_ - 3);
        const std::size_t head = end == std::string_view::npos ? 0 : end + kHeadEnd.size();
        if (std::max(head, head == 0 ? rest().size() : 0) > limits_->stream_bytes)
            return broken(base::Reason::message_too_large, limits_->stream_bytes);
        if (head == 0) {
            scanned_ = rest().size();
            return NeedMore{};
        }
        const Body body = body_length(rest().substr(0, head));
        if (!body.bytes) return broken(body.reason, head);
        if (*body.bytes > limits_->stream_bytes - head) return broken(base::Reason::message_too_large, head);
        wanted_ = head + *body.bytes;
    }
    if (rest().size() < wanted_) return NeedMore{};
    Complete complete{std::string(rest().substr(0, wanted_))};
    drop(wanted_);
    return complete;
}

// Only what tells where the message ends is asked here; the guard asks the rest.
Framer::Body Framer::body_length(std::string_view head) {
    std::optional<std::size_t> length;
    HeadLines lines(head);
    std::string_view line;
    lines.next(line);
    while (lines.next(line)) {
        const RawHeader header = cut_header(line);
        if (parse_header_name(header.name) != HeaderName::content_length) continue;
        if (length) return {std::nullopt, base::Reason::repeated_header};
        length = base::to_number<std::size_t>(header.value);
        if (!length) return {std::nullopt, base::Reason::bad_content_length};
    }
    return {length, base::Reason::missing_header};
}

void Framer::drop(std::size_t bytes) {
    begin_ += bytes;
    scanned_ = wanted_ = 0;
    // Moved to the front only when half of the buffer is spent: linear however small the messages are.
    if (begin_ * 2 < buffer_.size()) return;
    buffer_.erase(0, begin_);
    begin_ = 0;
}

Framer::Broken Framer::broken(base::Reason reason, std::size_t bytes) {
    Broken end{reason, std::string(rest().substr(0, bytes))};
    drop(rest().size());
    return end;
}

}  // namespace sip
