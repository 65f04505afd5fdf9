// One TLS session without a socket: bytes of the wire in, bytes for the wire out, and the plain ones between. Owns the
// RFCs 5246 and 8446 as OpenSSL speaks them, and RFC 5922 where a server proves who it is. Renegotiation is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tls/context.hh"

struct ssl_st;

namespace tls {

class Session {
 public:
    enum class End : std::uint8_t { none, closed, failed, untrusted };   // closed: by the peer's close_notify

    // `peer_name`: a client's: whom it asks for (RFC 6066) and who the server must be, a domain or an address.
    Session(std::shared_ptr<const Context> context, std::string peer_name);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();                                        // a client: its first words
    // Appends to `plain` what could be read. False: the session is over, end() says how.
    bool receive(std::string_view wire, std::string& plain);
    bool send(std::string_view plain);                   // only when established
    void close();                                        // says goodbye
    std::string take_outgoing();

    bool established() const { return established_; }
    bool has_partial() const;                            // part of a record, or of the handshake, is still to come
    End end() const { return end_; }
    const std::string& why() const { return why_; }      // for a log: what OpenSSL said

    // Whether the peer has shown a certificate that we believe and that names it so.
    bool peer_is(std::string_view domain_or_address) const;
    std::string server_name() const;                     // a server's: what the client asked for

 private:
    void begin();
    bool shake_hands();
    bool fail(int result);

    std::shared_ptr<const Context> context_;
    std::string peer_name_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;    // a server's: from its client's first whole record on
    std::string hello_;                                  // until then
    bool established_ = false;
    End end_ = End::none;
    std::string why_;
};

}  // namespace tls
