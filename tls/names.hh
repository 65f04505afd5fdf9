// Owns: RFC 5922, 7.1 and 7.2 (whom a certificate names as a SIP domain), with RFC 3261, 26.3.1. An address instead of a
// name is looked for among the certificate's addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace tls {

// The SIP domains of a certificate: its SIP URIs without a user, where there are none its DNS names, and the common name
// only where there is no subjectAltName at all.
std::vector<std::string> domains_of(const x509_st& certificate);

// Exactly, whatever the case; a wildcard names nobody.
bool identifies(const x509_st& certificate, std::string_view domain_or_address);

}  // namespace tls
