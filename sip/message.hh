// A SIP message as its header lines in their order: read, edited, written again (RFC 3261, 7). Nothing that we
// don't touch changes but for folding and white space around the colon. Typed values (URIs, name-addr, Via) are
// read on demand by libosip2's field parsers, see uri.hh, name_addr.hh and via.hh.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "sip/header_name.hh"
#include "sip/method.hh"
#include "sip/text_store.hh"

namespace sip {

struct Header {
    HeaderName id = HeaderName::other;
    std::string_view name;   // as it was written; canonical where we added it
    std::string_view value;  // unfolded, trimmed
};

// Move-only: the views of its headers point into text that it owns.
class Message {
 public:
    // The bytes have passed the guard. Answers why not, where the start line or a mandatory header is malformed.
    // What follows the body by Content-Length is ignored. A control character that a quoted string holds with a
    // backslash before it (legal in RFC 3261) becomes "?": none is ever seen behind this.
    static base::Result<Message> parse(std::string_view bytes);
    static Message request(Method method, std::string_view uri);
    static Message request(std::string_view method_text, std::string_view uri);  // any method, known or not
    static Message response(int status, std::string_view reason_phrase = {});  // empty: RFC 3261's phrase

    Message(Message&&) noexcept = default;
    Message& operator=(Message&&) noexcept = default;
    Message clone() const;

    bool is_request() const { return status_ == 0; }
    Method method() const { return method_; }             // of a response: that of its CSeq
    std::string_view method_text() const { return method_text_; }
    std::string_view request_uri() const { return request_uri_; }
    void set_request_uri(std::string_view uri);
    int status() const { return status_; }                // 0 for a request
    std::string_view reason_phrase() const { return reason_phrase_; }
    void set_status(int status, std::string_view reason_phrase = {});

    const std::vector<Header>& headers() const { return headers_; }
    bool has(HeaderName id) const;
    std::string_view value(HeaderName id) const;          // of the first; empty when there is none
    std::string_view value(std::string_view name) const;  // any name, any case
    // Every value in order, lists split at their commas (quotes and angle brackets respected).
    std::vector<std::string_view> items(HeaderName id) const;

    void set(HeaderName id, std::string_view value);      // in the first's place, or at the end; others go
    void set(std::string_view name, std::string_view value);
    void add(HeaderName id, std::string_view value);      // at the end of its kind, or of all
    void add(std::string_view name, std::string_view value);
    void add_front(HeaderName id, std::string_view value);  // before all: Via, Record-Route, Route
    void remove(HeaderName id);
    void remove(std::string_view name);
    // Replaces the whole list: filters and rewrites in one pass. `keep` may change the value through replace().
    template <class Keep>
    void remove_if(Keep&& keep_out) { std::erase_if(headers_, std::forward<Keep>(keep_out)); }
    void replace_value(std::size_t index, std::string_view value);  // of headers()[index]
    void replace_name(std::size_t index, std::string_view name);

    std::string_view body() const { return body_; }
    // Content-Length is written by serialize(); content_type empty leaves the header as it is.
    void set_body(std::string body, std::string_view content_type = {});
    bool has_sdp() const;                                  // Content-Type is application/sdp and a body is there

    // Typed mandatory values; parse() has proved that they are there and well-formed.
    std::string_view call_id() const { return value(HeaderName::call_id); }
    std::string_view from_tag() const;                     // empty when there is none
    std::string_view to_tag() const;
    std::uint32_t cseq() const;

    // On the wire: CRLF, Content-Length right. No header value can bring in a line of its own: a value with CR,
    // LF or NUL is our own fault and asserts; edits of untrusted text are refused earlier by is_safe_value().
    std::string serialize() const;

 private:
    explicit Message(std::size_t text_bytes);
    std::optional<base::Reason> read(std::string_view bytes);  // why not; nothing when well-formed
    std::optional<base::Reason> read_start_line(std::string_view line);
    std::optional<base::Reason> read_header(char* begin, char* end);
    bool read_cseq(std::string_view value);
    void changed(std::size_t index);

    TextStore text_;
    Method method_ = Method::unknown;
    int status_ = 0;
    std::string_view method_text_, request_uri_, reason_phrase_, body_;
    std::vector<Header> headers_;
};

// No CR, LF, NUL or other control character but HTAB.
bool is_safe_value(std::string_view value);

// RFC 3261's phrase for a status code, and those of the later RFCs that we know.
std::string_view reason_phrase_of(int status);

// Splits a list header's value at commas outside quotes, angle brackets and comments.
std::vector<std::string_view> split_list(std::string_view value);

}  // namespace sip
