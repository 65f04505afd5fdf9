// The first line of a message: Request-Line or Status-Line (RFC 3261, 7.1 and 7.2), cut strictly at single
// blanks.
#pragma once

#include <string_view>

#include "base/result.hh"

namespace sip {

struct StartLine {
    int status = 0;                  // 0: a request
    std::string_view method, uri;    // of a request; the URI's grammar is not asked here
    std::string_view reason_phrase;  // of a response
};

// Without its CRLF. bad_version where all is well but for the number of the version.
base::Result<StartLine> parse_start_line(std::string_view line);

// Whether this begins as a response does; what follows may be anything.
bool looks_like_response(std::string_view line);

}  // namespace sip
