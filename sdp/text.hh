// Small questions about the text of one line that parsing, anchoring and hiding share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/address.hh"
#include "base/endpoint.hh"
#include "base/result.hh"

namespace sdp {

// The next word of `text`, which is cut off from it; empty when none is left.
std::string_view next_word(std::string_view& text);

// Of an attribute "name:value" or "name".
std::string_view attribute_name(std::string_view attribute);
std::string_view attribute_value(std::string_view attribute);

// "IN IP4 192.0.2.1": the triple of c=, o= and a=rtcp. Host name or another network: no address.
struct Connection {
    std::optional<base::Address> address;
};
base::Result<Connection> parse_connection(std::string_view text);
std::string connection_text(const base::Address& address);   // "IN IP4 192.0.2.1"

// Of a=path (RFC 4975, 8): the peer's own URI, the last one, at another endpoint; empty when it cannot be said so.
std::string path_at(std::string_view path, const base::Endpoint& endpoint);

// True where an IPv4 or IPv6 address stands anywhere in the text, whatever surrounds it.
bool holds_address(std::string_view text);

}  // namespace sdp
