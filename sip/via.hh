// One Via value (RFC 3261, 20.42; rport: RFC 3581).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.hh"

namespace sip {

struct Via {
    std::string transport;  // "UDP"
    std::string host;       // sent-by, without brackets
    std::uint16_t port = 0; // 0: none was written
    std::vector<std::pair<std::string, std::string>> parameters;

    static std::optional<Via> parse(std::string_view text);
    std::optional<std::string_view> parameter(std::string_view name) const;
    void set_parameter(std::string_view name, std::string_view value);
    std::string_view branch() const { return parameter("branch").value_or(std::string_view{}); }
    bool has_magic_cookie() const;  // RFC 3261, 8.1.1.7
    std::string to_string() const;
};

}  // namespace sip
