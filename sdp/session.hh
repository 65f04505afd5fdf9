// A session description as its lines in their order (RFC 8866): what we don't understand stays as it came.
// Reading, anchoring (addresses and ports become ours) and hiding are edits of single lines.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hh"
#include "base/result.hh"

namespace sdp {

struct Limits {
    std::size_t bytes = 64 * 1024;
    std::size_t media = 16;
    std::size_t formats = 64;          // on one m-line
    std::size_t attributes = 256;      // a-lines in all
    std::size_t line_bytes = 4 * 1024;
};

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

struct Line {
    char type;          // 'v', 'o', 'm', 'a', …
    std::string value;  // after the '='
};

// What one m-line says, with the session level's values where it has none of its own.
struct MediaDescription {
    std::string type;                    // "audio", "video", "image", "message", "application", …
    std::uint16_t port = 0;              // 0: refused or disabled (RFC 3264, 8.2)
    std::uint16_t port_count = 1;
    std::string protocol;                // "RTP/AVP", "udptl", "TCP/MSRP", …
    std::vector<std::string> formats;
    std::optional<base::Address> address;  // of the c= that counts; none when it is a host name
    // a=rtcp (RFC 3605), or the next port; none for non-RTP and with port 0. With a=rtcp-mux still the port of the
    // way back to two ports, which an offer keeps open (RFC 5761, 5.1.1).
    std::optional<base::Endpoint> rtcp;
    bool rtcp_mux = false;               // RFC 5761
    Direction direction = Direction::sendrecv;
    bool hold_by_address = false;        // c=0.0.0.0 (RFC 2543's hold; RFC 3264, 8.4)
    bool is_rtp = false;                 // protocol contains RTP/
    bool is_encrypted = false;           // SRTP: by the protocol, or by a=crypto or a=fingerprint (RFC 8643)

    // Where RTP is to be sent: nothing for port 0, c=0.0.0.0 or a host name.
    std::optional<base::Endpoint> rtp() const;
};

// For the port of a line that has none (RFC 8839, 4.2.5 uses it alike).
inline constexpr std::uint16_t kDiscardPort = 9;

// Our own address for one m-line.
struct Anchor {
    base::Endpoint rtp;
    base::Endpoint rtcp;   // equal to rtp where it is muxed
};

class Session {
 public:
    static base::Result<Session> parse(std::string_view text, const Limits& limits);  // CRLF and bare LF accepted

    const std::vector<MediaDescription>& media() const { return media_; }
    std::optional<base::Address> origin_address() const;   // of o=

    // Anchors m-line by m-line: port, c= at both levels, a=rtcp, MSRP's a=path; candidates and other transport
    // addresses that are not ours go (a=candidate, remote-candidates, end-of-candidates, ice-*, alt). A missing anchor
    // sets port 0. anchors.size() == media().size(). The session-level c= becomes the first anchor's address. RFC
    // 2543's hold (c=0.0.0.0) becomes a direction: our address takes the place of its sign. media() follows.
    void anchor(std::span<const std::optional<Anchor>> anchors);

    // o= gets our user name, session id and version and address (RFC 3264, 5: version goes up by one when the
    // description changed; the caller keeps the numbers), `advertised` its address family.
    void set_origin(std::string_view user, std::uint64_t id, std::uint64_t version, const base::Address& advertised);
    std::uint64_t origin_version() const;

    // Topology hiding beside anchoring: what may name the inside. Each is a choice of policy.
    struct Hiding {
        bool session_name = true;      // s= becomes "-"
        bool information = true;       // i=, u=, e=, p=, k=uri and a=tool go
        bool cname = true;             // a=ssrc cname and msid values get neutral names, consistently
        bool foreign = true;           // a=X-*, hosts of a=path, any attribute that holds an IP address or a URL
    };
    void hide(const Hiding& hiding);

    std::string to_string() const;     // CRLF line ends

    const std::vector<Line>& lines() const { return lines_; }

 private:
    static constexpr std::size_t kOriginLine = 1;   // v= and o= begin every description (RFC 8866, 5)

    Session() = default;
    std::optional<base::Reason> read();     // fills media_ and media_begin_ from lines_

    std::vector<Line> lines_;
    std::vector<MediaDescription> media_;
    std::vector<std::size_t> media_begin_;  // index of each m= in lines_
};

}  // namespace sdp
