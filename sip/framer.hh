// Cuts a byte stream into messages by Content-Length (RFC 3261, 18.3) and recognises CRLF keep-alives (RFC
// 5626).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/reason.hh"
#include "sip/limits.hh"

namespace sip {

class Framer {
  public:
    struct Complete {
        std::string bytes;
    };               // one whole message, guard not yet asked
    struct Ping {};  // a double CRLF: answer with CRLF
    struct NeedMore {};
    struct Broken {
        base::Reason reason;
        std::string bytes;
    };  // answer if you can, then close the connection
    using Step = std::variant<NeedMore, Complete, Ping, Broken>;

    explicit Framer(const Limits& limits) : limits_(&limits) {}
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    Step next();
    std::size_t buffered() const { return buffer_.size() - begin_; }

  private:
    struct Body {
        std::optional<std::size_t> bytes;
        base::Reason reason;
    };
    static Body body_length(std::string_view head);
    std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }
    void drop(std::size_t bytes);
    Broken broken(base::Reason reason, std::size_t bytes);

    const Limits* limits_;
    std::string buffer_;
    std::size_t begin_ = 0;    // what lies before it has been handed out
    std::size_t scanned_ = 0;  // from begin_: no end of the head up to here
    std::size_t wanted_ = 0;   // of a message whose head is whole; 0: not known yet
};

}  // namespace sip
