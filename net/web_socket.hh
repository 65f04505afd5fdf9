// Owns: RFC 6455, 5 to 8 (frames, fragments, masks, closing) after the opening handshake, both sides. Bytes in, messages
// out, and back; no socket. No extension is agreed on, so none is understood.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

class WebSocket {
 public:
    // What a closing frame says (7.4.1).
    enum class Code : std::uint16_t {
        normal = 1000,
        going_away = 1001,
        protocol_error = 1002,
        not_utf8 = 1007,
        too_large = 1009
    };

    WebSocket(bool server, std::size_t message_bytes) : server_(server), message_bytes_(message_bytes) {}

    // Appends each message that is whole. False: over, after what take_outgoing() still has to say.
    bool receive(std::string_view bytes, std::vector<std::string>& messages);
    void send(std::string_view message);
    void close(Code code);
    std::string take_outgoing() { return std::exchange(outgoing_, {}); }

    bool has_partial() const { return !buffer_.empty() || fragmented_; }
    bool closed_in_order() const { return in_order_; }       // the peer said goodbye

 private:
    struct Head;
    enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
    enum class Step : std::uint8_t { more, frame, broken };

    Step head_of(std::string_view bytes, Head& head) const;
    bool take(const Head& head, std::string payload, std::vector<std::string>& messages);
    bool take_control(Opcode opcode, std::string_view payload);
    bool fail(Code code);
    void write(Opcode opcode, std::string_view payload);

    bool server_;
    std::size_t message_bytes_;
    std::string buffer_, message_, outgoing_;
    bool fragmented_ = false, text_ = false, over_ = false, said_goodbye_ = false, in_order_ = false;
};

}  // namespace net
