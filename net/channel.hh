// What lies between the bytes of a stream's socket and those that its owner sees: TLS, WebSocket, or both. Plain TCP has
// no channel. No socket here: bytes in and out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/web_socket.hh"
#include "net/web_upgrade.hh"
#include "tls/session.hh"

namespace net {

// How a new connection is to be spoken over.
struct ChannelRules {
    std::shared_ptr<const tls::Context> tls;    // null: in the clear
    std::string peer_name;                      // of a server that we connect to: SNI, and RFC 5922
    std::optional<WebRules> web;
    bool plain() const { return !tls && !web; }
};

class Channel {
 public:
    explicit Channel(const ChannelRules& rules);

    void start();                               // who connects begins
    // Bytes from the socket. `arrived`: for WebSocket whole messages, else pieces of the stream. False: it is over, once
    // what take_outgoing() has was written.
    bool receive(std::string_view bytes, std::vector<std::string>& arrived);
    bool send(std::string_view bytes);          // only when open
    void close();
    std::string take_outgoing();

    bool is_open() const { return (!tls_ || tls_->established()) && !upgrade_; }
    bool has_partial() const;
    // Whether the other side proved by its certificate to be this one.
    bool peer_is(std::string_view name) const { return tls_ && tls_->peer_is(name); }

    enum class Fault : std::uint8_t { none, tls, certificate, upgrade, frame };
    Fault fault() const { return fault_; }      // none: it ended in order
    const std::string& why() const { return why_; }

 private:
    bool receive_plain(std::string_view bytes, std::vector<std::string>& arrived);
    bool fail(Fault fault, std::string why);
    void begin_upgrade();

    std::unique_ptr<tls::Session> tls_;
    std::unique_ptr<WebUpgrade> upgrade_;       // while it lasts
    std::unique_ptr<WebSocket> web_;
    bool connects_;
    bool asked_ = false, closing_ = false;
    std::string clear_;                         // on its way out, before TLS
    Fault fault_ = Fault::none;
    std::string why_;
};

}  // namespace net
