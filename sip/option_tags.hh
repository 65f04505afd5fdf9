// Option tags (RFC 3261, 19.2) as Supported, Require, Unsupported and their kin list them.
#pragma once

#include <string_view>

#include "sip/message.hh"

namespace sip {

bool has_option(const Message& message, HeaderName list, std::string_view tag);
void add_option(Message& message, HeaderName list, std::string_view tag);      // once
void remove_option(Message& message, HeaderName list, std::string_view tag);   // an empty list goes

}  // namespace sip
