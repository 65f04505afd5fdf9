#include "sip/via.hh"

#include "base/number.hh"
#include "base/text.hh"
#include "sip/osip.hh"
#include "sip/parameters.hh"
#include "sip/scan.hh"
#include "sip/syntax.hh"

namespace sip {
namespace {

constexpr std::size_t kMaxParameters = 64;

}  // namespace

std::optional<Via> Via::parse(std::string_view text) {
    if (!is_safe_text(text) || check_via(text, kMaxParameters)) return std::nullopt;
    // libosip2 sees no parameters: it takes a "(" in one for a comment.
    const std::string sent_by(base::trimmed(text.substr(0, text.find(';'))));
    const auto parsed = osip::make<osip_via_t, osip_via_free>(osip_via_init);
    if (!parsed || osip_via_parse(parsed.get(), sent_by.c_str()) != 0) return std::nullopt;
    if (!parsed->protocol || !parsed->host) return std::nullopt;
    Via via;
    via.transport = parsed->protocol;
    via.host = parsed->host;
    if (parsed->port) via.port = base::to_number<std::uint16_t>(parsed->port).value_or(0);
    via.parameters = split_parameters(text);
    return via;
}

std::optional<std::string_view> Via::parameter(std::string_view name) const {
    return find_parameter(parameters, name);
}
void Via::set_parameter(std::string_view name, std::string_view value) {
    sip::set_parameter(parameters, name, value);
}

bool Via::has_magic_cookie() const { return base::starts_with_ignoring_case(branch(), "z9hG4bK"); }

std::string Via::to_string() const {
    std::string text = "SIP/2.0/" + transport + ' ';
    if (host.find(':') != std::string::npos)
        ((text += '[') += host) += ']';
    else
        text += host;
    if (port != 0) (text += ':') += std::to_string(port);
    write_parameters(text, parameters);
    return text;
}

}  // namespace sip
