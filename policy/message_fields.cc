// The parts of a message that policy speaks about.
#include "policy/message_fields.hh"

#include "base/text.hh"

namespace policy {

const sip::NameAddr& MessageFields::from() {
    if (!from_) from_ = sip::NameAddr::parse(message_.value(sip::HeaderName::from)).value_or(sip::NameAddr{});
    return *from_;
}

const sip::NameAddr& MessageFields::to() {
    if (!to_) to_ = sip::NameAddr::parse(message_.value(sip::HeaderName::to)).value_or(sip::NameAddr{});
    return *to_;
}

const sip::Uri& MessageFields::request_uri() {
    if (!request_) {
        request_.emplace();
        if (message_.is_request()) request_ = sip::Uri::parse(message_.request_uri()).value_or(sip::Uri{});
    }
    return *request_;
}

bool MessageFields::is_emergency() {
    constexpr std::string_view kSos = "urn:service:sos";
    const std::string_view uri = message_.request_uri();
    return base::starts_with_ignoring_case(uri, kSos) &&
           (uri.size() == kSos.size() || uri[kSos.size()] == '.');
}

std::string_view user_of(const sip::Uri& uri) {
    if (uri.is_sip()) return uri.user;
    if (uri.scheme != "tel") return {};
    const std::string_view number = uri.host;
    return number.substr(0, number.find(';'));
}

std::string_view host_of(const sip::Uri& uri) {
    return uri.is_sip() ? std::string_view(uri.host) : std::string_view{};
}

}  // namespace policy
