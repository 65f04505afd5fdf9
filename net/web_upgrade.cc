#include "net/web_upgrade.hh"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/text.hh"

namespace net {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t kHeadBytes = 8 * 1024;
constexpr std::string_view kSecret = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";   // RFC 6455, 1.3
constexpr std::size_t kKeyCharacters = 24;                                     // 16 bytes in base64

std::string base64(const unsigned char* bytes, std::size_t count) {
    std::string text(4 * ((count + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(count));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

template <class Message>
std::string_view value(const Message& message, http::field name) {
    const auto text = message[name];
    return {text.data(), text.size()};
}

template <class Message>
bool lists(const Message& message, http::field name, std::string_view token) {
    for (const auto& item : http::token_list(message[name]))
        if (base::equals_ignoring_case({item.data(), item.size()}, token)) return true;
    return false;
}

template <class Message>
bool is_upgrade(const Message& message) {
    return message.version() == 11 && lists(message, http::field::connection, "upgrade") &&
           lists(message, http::field::upgrade, "websocket");
}

}  // namespace

struct WebUpgrade::Parser {
    std::optional<http::request_parser<http::empty_body>> request;
    std::optional<http::response_parser<http::empty_body>> response;

    // Nothing: more bytes are needed.
    template <class Body>
    static std::optional<boost::beast::error_code> feed(Body& parser, std::string& buffer) {
        boost::beast::error_code error;
        const std::size_t taken = parser.put(boost::asio::buffer(buffer), error);
        buffer.erase(0, taken);
        if (error == http::error::need_more || (!error && !parser.is_header_done())) return std::nullopt;
        return error;
    }
};

WebUpgrade::WebUpgrade(const WebRules& rules) : rules_(rules), parser_(std::make_unique<Parser>()) {
    const auto limit = [](auto& parser) {
        parser.header_limit(kHeadBytes);
        parser.skip(true);                                 // 101 has no body, and a GET has none that we read
    };
    if (rules_.server) limit(parser_->request.emplace());
    else limit(parser_->response.emplace());
}

WebUpgrade::~WebUpgrade() = default;

std::string WebUpgrade::accept_of(std::string_view key) {
    const std::string text = std::string(key).append(kSecret);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
    return base64(digest.data(), length);
}

void WebUpgrade::start() {
    std::array<unsigned char, 16> nonce;
    if (RAND_bytes(nonce.data(), nonce.size()) != 1) return;
    key_ = base64(nonce.data(), nonce.size());
    outgoing_ = "GET " + (rules_.path.empty() ? "/" : rules_.path) + " HTTP/1.1\r\nHost: " + rules_.host +
                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key_ +
                "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
}

WebUpgrade::State WebUpgrade::receive(std::string_view bytes) {
    buffer_.append(bytes);
    const auto read = rules_.server ? Parser::feed(*parser_->request, buffer_) : Parser::feed(*parser_->response, buffer_);
    if (!read) return buffer_.size() > kHeadBytes ? refuse(431, "the head is too large") : State::asking;
    if (*read) return refuse(*read == http::error::header_limit ? 431 : 400, read->message());
    return rules_.server ? judge_request() : judge_response();
}

WebUpgrade::State WebUpgrade::judge_request() {
    const auto& request = parser_->request->get();
    const std::string_view target{request.target().data(), request.target().size()};
    const auto key = value(request, http::field::sec_websocket_key);
    const auto origin = value(request, http::field::origin);
    if (request.method() != http::verb::get) return refuse(405, "the method is not GET");
    if (!is_upgrade(request) || value(request, http::field::host).empty()) return refuse(426, "no upgrade to WebSocket");
    if (value(request, http::field::sec_websocket_version) != "13") return refuse(426, "the version is not 13");
    if (key.size() != kKeyCharacters) return refuse(400, "the key is malformed");
    if (!rules_.path.empty() && target.substr(0, target.find('?')) != rules_.path) return refuse(404, "another path");
    if (!lists(request, http::field::sec_websocket_protocol, "sip")) return refuse(400, "the subprotocol is not sip");
    const bool welcome = rules_.origins.empty() || origin.empty() ||
                         std::ranges::any_of(rules_.origins, [&](const std::string& one) {
                             return base::equals_ignoring_case(one, origin);
                         });
    if (!welcome) return refuse(403, "the origin is not allowed");
    outgoing_ = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                accept_of(key) + "\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    return State::open;
}

WebUpgrade::State WebUpgrade::judge_response() {
    const auto& response = parser_->response->get();
    const bool good = response.result_int() == 101 && is_upgrade(response) &&
                      value(response, http::field::sec_websocket_accept) == accept_of(key_) &&
                      base::equals_ignoring_case(value(response, http::field::sec_websocket_protocol), "sip");
    if (good) return State::open;
    why_ = "answered " + std::to_string(response.result_int()) + ", no WebSocket with subprotocol sip";
    return State::refused;
}

WebUpgrade::State WebUpgrade::refuse(unsigned status, std::string why) {
    why_ = std::move(why);
    if (!rules_.server) return State::refused;
    const auto phrase = http::obsolete_reason(static_cast<http::status>(status));
    outgoing_ = "HTTP/1.1 " + std::to_string(status) + " " + std::string(phrase.data(), phrase.size()) +
                "\r\nConnection: close\r\nContent-Length: 0\r\n";
    if (status == 426) outgoing_ += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";   // 4.4
    outgoing_ += "\r\n";
    return State::refused;
}

}  // namespace net
