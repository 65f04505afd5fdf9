#include "tls/names.hh"

#include <algorithm>

#include "base/address.hh"
#include "base/text.hh"
#include "tls/openssl.hh"

namespace tls {
namespace {

std::string_view text_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// A name with a NUL or a space in it is an attempt to be read in two ways.
bool is_plain(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

GeneralNames alternative_names(const X509& certificate) {
    return GeneralNames(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

// "sip:example.com": neither user nor parameters (7.1). The scheme is sip alone; sips names nobody.
std::string sip_domain_of(std::string_view uri) {
    constexpr std::string_view kScheme = "sip:";
    if (!base::equals_ignoring_case(uri.substr(0, kScheme.size()), kScheme)) return {};
    const auto host = uri.substr(kScheme.size());
    return host.find_first_of("@;?/:") == std::string_view::npos ? std::string(host) : std::string();
}

std::vector<std::string> common_name_of(const X509& certificate) {
    const X509_NAME* const subject = X509_get_subject_name(&certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    const auto name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return is_plain(name) ? std::vector{std::string(name)} : std::vector<std::string>{};
}

bool has_address(const X509& certificate, const base::Address& wanted) {
    const GeneralNames names = alternative_names(certificate);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_IPADD) continue;
        const auto bytes = text_of(name->d.iPAddress);
        base::Address::Bytes all{};
        if (bytes.size() == 4) {
            std::uint32_t number = 0;
            for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
            if (base::Address::v4(number) == wanted) return true;
        } else if (bytes.size() == all.size()) {
            std::ranges::transform(bytes, all.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
            if (base::Address::from_bytes(all) == wanted) return true;
        }
    }
    return false;
}

}  // namespace

std::vector<std::string> domains_of(const X509& certificate) {
    const GeneralNames names = alternative_names(certificate);
    if (!names) return common_name_of(certificate);
    std::vector<std::string> uris, hosts;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_URI) {
            if (auto domain = sip_domain_of(text_of(name->d.uniformResourceIdentifier)); is_plain(domain))
                uris.push_back(std::move(domain));
        } else if (name->type == GEN_DNS) {
            if (const auto host = text_of(name->d.dNSName); is_plain(host)) hosts.emplace_back(host);
        }
    }
    return uris.empty() ? hosts : uris;
}

bool identifies(const X509& certificate, std::string_view domain_or_address) {
    if (const auto address = base::Address::parse(domain_or_address)) return has_address(certificate, *address);
    if (domain_or_address.find('*') != std::string_view::npos) return false;
    return std::ranges::any_of(domains_of(certificate), [&](const std::string& domain) {
        return base::equals_ignoring_case(domain, domain_or_address);
    });
}

}  // namespace tls
