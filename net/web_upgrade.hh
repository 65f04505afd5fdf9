// Owns: RFC 6455, 4 (the opening handshake) with RFC 7118, 4.1 (subprotocol sip), both sides. Bytes in and out, no
// socket. The head of the HTTP message is read by Boost.Beast's parser and bounded before it is judged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

// How WebSockets are spoken at one door, or towards one peer.
struct WebRules {
    bool server = true;
    std::string path;                      // a server's: empty: any
    std::vector<std::string> origins;      // a server's: empty: any. Who says none is no browser
    std::string host;                      // a client's Host
    std::size_t message_bytes = 64 * 1024;
};

class WebUpgrade {
 public:
    enum class State : std::uint8_t { asking, open, refused };

    explicit WebUpgrade(const WebRules& rules);
    ~WebUpgrade();

    void start();                          // a client: asks
    State receive(std::string_view bytes);
    std::string take_outgoing() { return std::exchange(outgoing_, {}); }
    std::string take_rest() { return std::exchange(buffer_, {}); }   // what came behind the handshake
    const std::string& why() const { return why_; }

    static std::string accept_of(std::string_view key);               // 4.2.2, (5.4)

 private:
    struct Parser;
    State judge_request();
    State judge_response();
    State refuse(unsigned status, std::string why);

    WebRules rules_;
    std::unique_ptr<Parser> parser_;
    std::string key_, buffer_, outgoing_, why_;
};

}  // namespace net
