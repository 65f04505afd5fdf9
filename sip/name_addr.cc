#include "sip/name_addr.hh"

#include "base/text.hh"
#include "sip/parameters.hh"
#include "sip/scan.hh"
#include "sip/syntax.hh"

namespace sip {
namespace {

constexpr std::size_t kMaxParameters = 64;

}  // namespace

std::optional<NameAddr> NameAddr::parse(std::string_view text) {
    text = base::trimmed(text);
    if (!is_safe_text(text) || check_name_addr(text, kMaxParameters)) return std::nullopt;
    NameAddr value;
    std::size_t uri_begin = 0, uri_end = text.find_first_of("; \t");
    std::size_t parameters_begin = uri_end;
    const std::size_t open = text.find('<', text.front() == '"' ? skip_quoted(text, 0) : 0);
    if (open != std::string_view::npos && (text.front() == '"' || open < text.find(';'))) {
        value.display_name = base::trimmed(text.substr(0, open));
        uri_begin = open + 1;
        uri_end = text.find('>', open);
        parameters_begin = uri_end + 1;
    }
    auto uri = Uri::parse(text.substr(uri_begin, uri_end - uri_begin));
    if (!uri) return std::nullopt;
    value.uri = std::move(*uri);
    if (parameters_begin < text.size()) value.parameters = split_parameters(text.substr(parameters_begin));
    return value;
}

std::optional<std::string_view> NameAddr::parameter(std::string_view name) const {
    return find_parameter(parameters, name);
}
void NameAddr::set_parameter(std::string_view name, std::string_view value) {
    sip::set_parameter(parameters, name, value);
}
void NameAddr::remove_parameter(std::string_view name) { sip::remove_parameter(parameters, name); }

std::string NameAddr::to_string() const {
    std::string text = display_name;
    if (!text.empty()) text += ' ';
    ((text += '<') += uri.to_string()) += '>';
    write_parameters(text, parameters);
    return text;
}

std::string uri_within(std::string_view name_addr) {
    const auto parsed = NameAddr::parse(name_addr);
    return parsed ? parsed->uri.to_string() : std::string(name_addr);
}

}  // namespace sip
