// What the guard lets through: counts and sizes, all configurable.
#pragma once

#include <cstddef>

namespace sip {

struct Limits {
    std::size_t datagram_bytes = 16 * 1024;
    std::size_t stream_bytes = 64 * 1024;
    std::size_t line_bytes = 4 * 1024;
    std::size_t headers = 128;
    std::size_t list_items = 32;       // in one list header
    std::size_t uri_parameters = 32;
    std::size_t vias = 70;
    std::size_t mime_parts = 8;
    std::size_t mime_depth = 2;
};

}  // namespace sip
