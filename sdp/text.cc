// Words, attributes and addresses in the text of one line (RFC 8866, 5.7 and 9). What a line means for a session is
// decided in session.cc, anchor.cc and hide.cc.
#include "sdp/text.hh"

#include <algorithm>

#include "base/text.hh"

namespace sdp {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// `run` is all digits and dots: four groups of one to three digits, whatever their value (some stacks pad with 0).
bool is_dotted_quad(std::string_view run) {
    while (!run.empty() && run.front() == '.') run.remove_prefix(1);
    while (!run.empty() && run.back() == '.') run.remove_suffix(1);
    int groups = 0;
    while (true) {
        const auto dot = run.find('.');
        const auto group = run.substr(0, dot);
        if (group.empty() || group.size() > 3) return false;
        ++groups;
        if (dot == std::string_view::npos) return groups == 4;
        run.remove_prefix(dot + 1);
    }
}

// `run` is all hexadecimal digits, dots and colons. A fingerprint or a MAC address is no address.
bool is_ipv6(std::string_view run) {
    if (std::ranges::count(run, ':') < 2 || std::ranges::none_of(run, is_hex)) return false;
    while (!run.empty() && run.back() == '.') run.remove_suffix(1);
    if (base::Address::parse(run)) return true;
    const auto colon = run.find(':');
    if (base::Address::parse(run.substr(colon + 1))) return true;  // "name:2001:db8::1"
    return run.back() == ':' && base::Address::parse(run.substr(0, run.size() - 1));
}

// The first run of characters that `in` allows and `is_address` takes for an address.
template <class In, class IsAddress>
bool holds_run(std::string_view text, In in, IsAddress is_address) {
    for (auto begin = text.begin(); begin != text.end();) {
        begin = std::find_if(begin, text.end(), in);
        const auto end = std::find_if_not(begin, text.end(), in);
        if (begin != end && is_address(std::string_view(begin, end))) return true;
        begin = end;
    }
    return false;
}

}  // namespace

std::string_view next_word(std::string_view& text) {
    const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
    const auto end = std::min(text.find_first_of(" \t", begin), text.size());
    const auto word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

std::string_view attribute_name(std::string_view attribute) { return attribute.substr(0, attribute.find(':')); }

std::string_view attribute_value(std::string_view attribute) {
    const auto colon = attribute.find(':');
    return colon == std::string_view::npos ? std::string_view{} : attribute.substr(colon + 1);
}

base::Result<Connection> parse_connection(std::string_view text) {
    const auto network = next_word(text), family = next_word(text), host = next_word(text);
    if (host.empty() || !next_word(text).empty()) return base::Reason::bad_sdp;
    if (!base::equals_ignoring_case(network, "IN")) return Connection{};  // ATM and others (RFC 3108)
    const bool v4 = base::equals_ignoring_case(family, "IP4"), v6 = base::equals_ignoring_case(family, "IP6");
    if (!v4 && !v6) return base::Reason::bad_sdp;
    // A slash begins a TTL or a count, which only a multicast address may have (RFC 8866, 5.7); we relay none.
    if (host.find('/') != std::string_view::npos) return base::Reason::bad_sdp;
    const auto address = base::Address::parse(host);
    if (!address) {
        // A host name is allowed; something that looks like an address and is none is not.
        if (host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == host.npos)
            return base::Reason::bad_sdp;
        return Connection{};
    }
    if ((host.find(':') != std::string_view::npos) != v6 || address->is_multicast()) return base::Reason::bad_sdp;
    return Connection{address};
}

std::string connection_text(const base::Address& address) {
    return (address.is_v4() ? "IN IP4 " : "IN IP6 ") + address.to_string();
}

std::string path_at(std::string_view path, const base::Endpoint& endpoint) {
    std::string_view uri;
    for (auto word = next_word(path); !word.empty(); word = next_word(path)) uri = word;
    const auto scheme_end = uri.find("://");
    if (scheme_end == uri.npos || uri.substr(0, scheme_end).find(':') != uri.npos) return {};
    const auto tail_begin = std::min(uri.find_first_of("/;", scheme_end + 3), uri.size());
    const auto scheme = uri.substr(0, scheme_end + 3), tail = uri.substr(tail_begin);
    if (holds_address(scheme) || holds_address(tail)) return {};
    std::string text(scheme);
    (text += base::host_text(endpoint.address)) += ':';
    return (text += std::to_string(endpoint.port)) += tail;
}

bool holds_address(std::string_view text) {
    return holds_run(text, [](char c) { return is_digit(c) || c == '.'; }, is_dotted_quad) ||
           holds_run(text, [](char c) { return is_hex(c) || c == '.' || c == ':'; }, is_ipv6);
}

}  // namespace sdp
