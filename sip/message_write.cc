// Message's writing half: the bytes for the wire, and what may stand in them.
#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>

#include "sip/message.hh"
#include "sip/scan.hh"

namespace sip {
namespace {

constexpr std::string_view kContentLength = "Content-Length: ";

struct Phrase {
    int status;
    std::string_view text;
};
constexpr auto kPhrases = std::to_array<Phrase>({
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {424, "Bad Location Information"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
});

// Appends without asking for room at each piece: serialize() has counted before.
class Pen {
  public:
    explicit Pen(char* at) : at_(at) {}
    Pen& operator<<(std::string_view text) {
        if (!text.empty()) std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
        return *this;
    }
    const char* at() const { return at_; }

  private:
    char* at_;
};

}  // namespace

std::string Message::serialize() const {
    std::array<char, 20> number;
    char* const number_end = std::to_chars(number.begin(), number.end(), body_.size()).ptr;
    const std::string_view length(number.data(), static_cast<std::size_t>(number_end - number.data()));
    std::array<char, 3> status{static_cast<char>('0' + status_ / 100),
                               static_cast<char>('0' + status_ / 10 % 10),
                               static_cast<char>('0' + status_ % 10)};

    std::size_t bytes = method_text_.size() + request_uri_.size() + reason_phrase_.size() + body_.size() + 64;
    for (const Header& header : headers_) bytes += header.name.size() + header.value.size() + 4;
    std::string text;
    text.resize(bytes);
    Pen pen(text.data());

    if (is_request())
        pen << method_text_ << " " << request_uri_ << " SIP/2.0\r\n";
    else
        pen << "SIP/2.0 " << std::string_view(status.data(), 3) << " " << reason_phrase_ << "\r\n";
    assert(is_safe_value(is_request() ? request_uri_ : reason_phrase_));
    for (const Header& header : headers_) {
        if (header.id == HeaderName::content_length) continue;
        assert(is_token(header.name) && is_safe_value(header.value));
        pen << header.name << ": " << header.value << "\r\n";
    }
    pen << kContentLength << length << "\r\n\r\n" << body_;
    text.resize(static_cast<std::size_t>(pen.at() - text.data()));
    return text;
}

bool is_safe_value(std::string_view value) { return is_safe_text(value); }

std::string_view reason_phrase_of(int status) {
    const auto phrase = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
    if (phrase != kPhrases.end() && phrase->status == status) return phrase->text;
    constexpr std::array<std::string_view, 6> kClasses{"Progress",     "Success",      "Redirection",
                                                       "Client Error", "Server Error", "Global Failure"};
    return status >= 100 && status < 700 ? kClasses[static_cast<std::size_t>(status / 100 - 1)]
                                         : std::string_view{};
}

}  // namespace sip
