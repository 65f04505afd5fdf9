// The parts of a message that policy speaks about ("from.user", "request.host"), parsed once, on demand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/message.hh"
#include "sip/name_addr.hh"

namespace policy {

class MessageFields {
  public:
    explicit MessageFields(const sip::Message& message) : message_(message) {}

    const sip::Message& message() const { return message_; }
    const sip::NameAddr& from();  // empty parts where it cannot be read
    const sip::NameAddr& to();
    const sip::Uri& request_uri();  // empty for a response
    bool is_emergency();            // the request URI is urn:service:sos or below it (RFC 5031)

  private:
    const sip::Message& message_;
    std::optional<sip::NameAddr> from_, to_;
    std::optional<sip::Uri> request_;
};

// The user of a SIP URI, or the number of a tel URI (RFC 3966); as written.
std::string_view user_of(const sip::Uri& uri);
std::string_view host_of(const sip::Uri& uri);  // empty where the scheme has none

using sip::unescaped;   // so that an escaped digit does not slip past a rule (RFC 3261, 19.1.2)

}  // namespace policy
