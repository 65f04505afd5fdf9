#include "net/web_socket.hh"

#include <openssl/rand.h>

#include <array>

namespace net {
namespace {

constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kOpcode = 0x0f, kMasked = 0x80, kLength = 0x7f;
constexpr std::uint8_t kLength16 = 126, kLength64 = 127;
constexpr std::size_t kMostOfControl = 125, kMaskBytes = 4;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return number;
}

void put_number(std::string& out, std::uint64_t number, std::size_t count) {
    while (count-- > 0) out += static_cast<char>(number >> (8 * count) & 0xff);
}

void mask(std::string& payload, std::string_view key) {
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % kMaskBytes]);
}

// RFC 3629, 4: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<std::uint8_t>(text[i++]);
        if (first < 0x80) continue;
        const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || text.size() - i < more) return false;
        const auto second = static_cast<std::uint8_t>(text[i]);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
            (first == 0xf4 && second > 0x8f))
            return false;
        for (const std::size_t end = i + more; i < end; ++i)
            if ((static_cast<std::uint8_t>(text[i]) & 0xc0) != 0x80) return false;
    }
    return true;
}

}  // namespace

struct WebSocket::Head {
    bool final = false;
    Opcode opcode = Opcode::continuation;
    std::size_t bytes = 0, payload = 0;       // of the head with its mask; behind it
    std::uint16_t code = 0;                   // why it is broken
};

WebSocket::Step WebSocket::head_of(std::string_view bytes, Head& head) const {
    const auto broken = [&](Code code) {
        head.code = static_cast<std::uint16_t>(code);
        return Step::broken;
    };
    if (bytes.size() < 2) return Step::more;
    const auto first = static_cast<std::uint8_t>(bytes[0]), second = static_cast<std::uint8_t>(bytes[1]);
    const auto opcode = static_cast<std::uint8_t>(first & kOpcode), length = static_cast<std::uint8_t>(second & kLength);
    head.final = first & kFinal;
    head.opcode = static_cast<Opcode>(opcode);
    const bool control = opcode >= static_cast<std::uint8_t>(Opcode::close);
    if ((first & kReserved) || opcode > 10 || (opcode > 2 && opcode < 8)) return broken(Code::protocol_error);
    if (server_ != static_cast<bool>(second & kMasked)) return broken(Code::protocol_error);   // 5.1
    if (control && (!head.final || length > kMostOfControl)) return broken(Code::protocol_error);
    const std::size_t extra = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
    head.bytes = 2 + extra + (server_ ? kMaskBytes : 0);
    if (bytes.size() < 2 + extra) return Step::more;
    const std::uint64_t payload = extra ? number_at(bytes, 2, extra) : length;
    if ((extra == 2 && payload < kLength16) || (extra == 8 && payload < 0x10000)) return broken(Code::protocol_error);
    if (!control && payload > message_bytes_ - message_.size()) return broken(Code::too_large);
    head.payload = static_cast<std::size_t>(payload);
    return bytes.size() < head.bytes + head.payload ? Step::more : Step::frame;
}

bool WebSocket::receive(std::string_view bytes, std::vector<std::string>& messages) {
    if (over_) return false;
    buffer_.append(bytes);
    std::size_t at = 0;
    for (;;) {
        const std::string_view rest = std::string_view(buffer_).substr(at);
        Head head;
        const Step step = head_of(rest, head);
        if (step == Step::broken) return fail(static_cast<Code>(head.code));
        if (step == Step::more) break;
        std::string payload(rest.substr(head.bytes, head.payload));
        if (server_) mask(payload, rest.substr(head.bytes - kMaskBytes, kMaskBytes));
        at += head.bytes + head.payload;
        if (!take(head, std::move(payload), messages)) return false;
    }
    buffer_.erase(0, at);
    return true;
}

bool WebSocket::take(const Head& head, std::string payload, std::vector<std::string>& messages) {
    if (head.opcode >= Opcode::close) return take_control(head.opcode, payload);
    if (fragmented_ != (head.opcode == Opcode::continuation)) return fail(Code::protocol_error);   // 5.4
    if (!fragmented_) text_ = head.opcode == Opcode::text;
    message_ += payload;
    fragmented_ = !head.final;
    if (fragmented_) return true;
    std::string whole = std::exchange(message_, {});
    if (text_ && !is_utf8(whole)) return fail(Code::not_utf8);
    messages.push_back(std::move(whole));
    return true;
}

bool WebSocket::take_control(Opcode opcode, std::string_view payload) {
    if (opcode == Opcode::ping) write(Opcode::pong, payload);
    if (opcode != Opcode::close) return true;
    if (payload.size() == 1) return fail(Code::protocol_error);
    in_order_ = true;
    close(Code::normal);
    over_ = true;
    return false;
}

bool WebSocket::fail(Code code) {
    close(code);
    over_ = true;
    return false;
}

void WebSocket::close(Code code) {
    if (std::exchange(said_goodbye_, true)) return;
    std::string payload;
    put_number(payload, static_cast<std::uint16_t>(code), 2);
    write(Opcode::close, payload);
}

// RFC 7118, 5: text, unless the message has a body that is no UTF-8.
void WebSocket::send(std::string_view message) {
    if (!said_goodbye_) write(is_utf8(message) ? Opcode::text : Opcode::binary, message);
}

void WebSocket::write(Opcode opcode, std::string_view payload) {
    outgoing_ += static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
    const std::uint8_t masked = server_ ? 0 : kMasked;
    if (payload.size() < kLength16) {
        outgoing_ += static_cast<char>(masked | payload.size());
    } else if (payload.size() < 0x10000) {
        outgoing_ += static_cast<char>(masked | kLength16);
        put_number(outgoing_, payload.size(), 2);
    } else {
        outgoing_ += static_cast<char>(masked | kLength64);
        put_number(outgoing_, payload.size(), 8);
    }
    if (server_) {
        outgoing_ += payload;
        return;
    }
    std::array<unsigned char, kMaskBytes> key{};
    (void)RAND_bytes(key.data(), key.size());               // 10.3: against proxies, not against readers
    const std::string text(reinterpret_cast<const char*>(key.data()), key.size());
    std::string copy(payload);
    mask(copy, text);
    outgoing_ += text + copy;
}

}  // namespace net
