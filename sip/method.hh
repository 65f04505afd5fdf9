// The methods of SIP that we know by name (RFC 3261, 3262, 3265, 3311, 3428, 3515, 3903, 6086).
#pragma once

#include <cstdint>
#include <string_view>

namespace sip {

enum class Method : std::uint8_t {
    unknown, invite, ack, bye, cancel, options, register_, prack, update, info, message, subscribe, notify,
    publish, refer,
};

Method parse_method(std::string_view text);   // case-sensitive (RFC 3261, 7.1)
std::string_view name_of(Method method);      // "INVITE"; empty for unknown

}  // namespace sip
