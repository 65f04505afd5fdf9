#include "sip/uri.hh"

#include <algorithm>

#include "base/number.hh"
#include "base/text.hh"
#include "sip/osip.hh"
#include "sip/parameters.hh"
#include "sip/scan.hh"
#include "sip/syntax.hh"

namespace sip {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::size_t kMaxParameters = 64;  // the guard's limit is lower; this one bounds libosip2's lists

// libosip2 decodes escapes while it reads: escaped once more they come out as they were written. An empty
// password
// ("user:@host") it refuses, so it is left out.
std::string for_osip(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == ':' && at + 1 < text.size() && text[at + 1] == '@') continue;
        out += text[at];
        if (text[at] == '%') out += "25";
    }
    return out;
}

// "name=value&…", whose values may be empty: libosip2 loses those, so that this is ours.
Parameters split_headers(std::string_view text) {
    Parameters headers;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('&', at), text.size());
        const std::string_view pair = text.substr(at, end - at);
        const std::size_t equals = pair.find('=');
        headers.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
        at = end + 1;
    }
    return headers;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), base::lower);
    return lower;
}

int hex_digit(char c) {
    const char letter = base::lower(c);
    return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

// Escapes of unreserved characters decoded, others in upper case: what compares equal becomes equal (19.1.4).
std::string normalised(std::string_view text) {
    constexpr std::string_view kMarks = "-_.!~*'()";
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%' || at + 2 >= text.size() || !is_char(text[at + 1], kHexChar) ||
            !is_char(text[at + 2], kHexChar)) {
            out += text[at];
            continue;
        }
        const int code = hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]);
        const char c = static_cast<char>(code);
        if ((is_char(c, kTokenChar) && is_char(c, kUserChar) && c != '%') ||
            kMarks.find(c) != std::string_view::npos)
            out += c;
        else
            (out += '%') += {kHex[code >> 4], kHex[code & 15]};
        at += 2;
    }
    return out;
}

bool same_text(std::string_view a, std::string_view b) {
    return base::equals_ignoring_case(normalised(a), normalised(b));
}

bool same_host(const std::string& a, const std::string& b) {
    const auto left = base::Address::parse(a), right = base::Address::parse(b);
    if (left || right) return left == right;
    return base::equals_ignoring_case(a, b);
}

// What stands in both must be the same; of what stands in one only, these never match an absence (19.1.4).
bool parameters_agree(const Uri& a, const Uri& b) {
    constexpr std::string_view kNeverDefaulted[] = {"user", "ttl", "method", "maddr", "transport"};
    for (const auto& [name, value] : a.parameters) {
        if (const auto other = b.parameter(name)) {
            if (!same_text(value, *other)) return false;
        } else if (std::ranges::any_of(kNeverDefaulted, [&name = name](std::string_view special) {
                       return base::equals_ignoring_case(special, name);
                   })) {
            return false;
        }
    }
    return true;
}

bool headers_within(const Uri& a, const Uri& b) {
    return std::ranges::all_of(a.headers, [&b](const auto& header) {
        const auto other = find_parameter(b.headers, header.first);
        return other && normalised(header.second) == normalised(*other);
    });
}

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text) {
    if (check_uri(text, kMaxParameters)) return std::nullopt;
    const std::size_t colon = text.find(':');
    Uri uri;
    uri.scheme = lower_case(text.substr(0, colon));
    if (!uri.is_sip()) {
        uri.host = text.substr(colon + 1);
        return uri;
    }
    const std::size_t sign = text.find('@');
    if (const std::size_t question = text.find('?', sign == std::string_view::npos ? 0 : sign);
        question != std::string_view::npos) {
        uri.headers = split_headers(text.substr(question + 1));
        text = text.substr(0, question);
    }
    const auto parsed = osip::make<osip_uri_t, osip_uri_free>(osip_uri_init);
    if (!parsed || osip_uri_parse(parsed.get(), for_osip(text).c_str()) != 0 || !parsed->host)
        return std::nullopt;
    uri.user = osip::text_of(parsed->username);
    uri.password = osip::text_of(parsed->password);
    uri.host = parsed->host;
    if (parsed->port) uri.port = base::to_number<std::uint16_t>(parsed->port).value_or(0);
    uri.parameters = osip::pairs_of(parsed->url_params);
    return uri;
}

std::optional<std::string_view> Uri::parameter(std::string_view name) const {
    return find_parameter(parameters, name);
}
void Uri::set_parameter(std::string_view name, std::string_view value) {
    sip::set_parameter(parameters, name, value);
}
void Uri::remove_parameter(std::string_view name) { sip::remove_parameter(parameters, name); }

std::optional<base::Transport> Uri::transport() const {
    const auto name = parameter("transport");
    auto transport = name ? base::parse_transport(*name) : std::nullopt;
    if (scheme != "sips") return transport;
    // RFC 3261, 26.2.2: sips means TLS on every hop, over whatever transport the parameter names.
    return transport == base::Transport::ws || transport == base::Transport::wss ? base::Transport::wss
                                                                                 : base::Transport::tls;
}

std::optional<base::Address> Uri::host_address() const {
    return is_sip() ? base::Address::parse(host) : std::nullopt;
}

std::string Uri::to_string() const {
    std::string text = scheme + ':';
    if (!is_sip()) return text + host;
    if (!user.empty()) {
        text += user;
        if (!password.empty()) (text += ':') += password;
        text += '@';
    }
    if (host.find(':') != std::string::npos)
        ((text += '[') += host) += ']';
    else
        text += host;
    if (port != 0) (text += ':') += std::to_string(port);
    write_parameters(text, parameters);
    char separator = '?';
    for (const auto& [name, value] : headers) {
        (((text += separator) += name) += '=') += value;
        separator = '&';
    }
    return text;
}

bool equivalent(const Uri& a, const Uri& b) {
    if (a.scheme != b.scheme) return false;
    if (!a.is_sip()) return normalised(a.host) == normalised(b.host);
    return normalised(a.user) == normalised(b.user) && normalised(a.password) == normalised(b.password) &&
           same_host(a.host, b.host) && a.port == b.port && parameters_agree(a, b) &&
           parameters_agree(b, a) && a.headers.size() == b.headers.size() && headers_within(a, b) &&
           headers_within(b, a);
}

std::string unescaped(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size() && is_char(text[at + 1], kHexChar) && is_char(text[at + 2], kHexChar)) {
            plain += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

std::string escaped_header(std::string_view value) {
    constexpr std::string_view kUnreserved = "-_.!~*'()[]/?:+$";
    std::string text;
    for (const char c : value) {
        const auto code = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (plain || kUnreserved.find(c) != kUnreserved.npos) text += c;
        else (text += '%') += {kHex[code >> 4], kHex[code & 15]};
    }
    return text;
}

}  // namespace sip
