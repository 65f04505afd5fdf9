// Cuts a byte stream into messages by Content-Length (RFC 3261, 18.3) and recognises CRLF keep-alives (RFC 5626).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/reason.hh"
#include "sip/limits.hh"

namespace sip {

class Framer {
 public:
    struct Complete { std::string bytes; };       // one whole message, guard not yet asked
    struct Ping {};                               // a double CRLF: answer with CRLF
    struct NeedMore {};
    struct Broken { base::Reason reason; std::string bytes; };  // answer if you can, then close the connection
    using Step = std::variant<NeedMore, Complete, Ping, Broken>;

    explicit Framer(const Limits& limits) : limits_(&limits) {}
    void feed(std::string_view bytes) { buffer_.append(bytes); }
    Step next();
    std::size_t buffered() const { return buffer_.size(); }

 private:
    const Limits* limits_;
    std::string buffer_;
    std::size_t scanned_ = 0;
};

}  // namespace sip
