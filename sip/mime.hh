// Counts the parts of multipart bodies before anybody reads them (RFC 2046, 5.1; RFC 5621): parts and depth
// are bounded, nothing is built.
#pragma once

#include <string_view>

#include "sip/limits.hh"

namespace sip {

// False for a multipart body without a boundary, with too many parts, or nested too deep. Other types are
// fine.
bool within_mime_limits(std::string_view content_type, std::string_view body, const Limits& limits);

}  // namespace sip
