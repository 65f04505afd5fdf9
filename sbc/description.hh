// The session description that a message carries: its body, or the first application/sdp part of a multipart body
// (RFC 2046, 5.1; RFC 5621). Other parts stay as they are.
#pragma once

#include <string_view>

#include "sip/message.hh"

namespace sbc {

bool has_description(const sip::Message& message);
std::string_view description_of(const sip::Message& message);   // empty: there is none
void set_description(sip::Message& message, std::string_view description);
// The message without any body.
void drop_body(sip::Message& message);

}  // namespace sbc
