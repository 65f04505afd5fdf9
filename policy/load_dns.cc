// [dns]: whom to ask for the addresses of peers that are named, and how long an answer holds.
#include "policy/compilation.hh"

namespace policy {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMostServers = 8;

void read_servers(TableReader& reader, Dns& dns) {
    reader.read_words("servers", [&](const std::string& text, const Place& place) {
        auto endpoint = base::Endpoint::parse(text);
        if (const auto address = base::Address::parse(text); address && !endpoint)
            endpoint = base::Endpoint{*address, kDnsPort};
        if (!endpoint || !endpoint->port || endpoint->address.is_unspecified() || endpoint->address.is_multicast())
            reader.complaints().error(place, "\"" + text + "\" is no name server; write \"198.51.100.53\" or "
                                                           "\"[2001:db8::53]:5353\"");
        else
            dns.servers.push_back(*endpoint);
    });
    if (dns.servers.size() > kMostServers)
        reader.complaints().error(reader.find("servers")->place, "more than 8 name servers");
}

void read_at_least(TableReader& reader, std::string_view key, base::Duration least, std::string_view text,
                   base::Duration& out) {
    if (reader.read(key, out) && out < least)
        reader.complaints().error(reader.find(key)->place,
                                  "\"" + std::string(key) + "\" must be at least \"" + std::string(text) + '"');
}

}  // namespace

void load_dns(TableReader& root, Compilation& compilation) {
    const Table* table = root.table("dns");
    if (!table) return;
    Dns& dns = compilation.snapshot.dns;
    TableReader reader(*table, root.find("dns")->place, "[dns]", compilation.complaints);
    read_servers(reader, dns);
    read_at_least(reader, "timeout", std::chrono::milliseconds(100), "100ms", dns.timeout);
    read_at_least(reader, "min_ttl", std::chrono::seconds(1), "1s", dns.bounds.min_ttl);
    read_at_least(reader, "max_ttl", dns.bounds.min_ttl, "min_ttl", dns.bounds.max_ttl);
    read_at_least(reader, "negative_ttl", std::chrono::seconds(1), "1s", dns.bounds.max_negative_ttl);
    read_at_least(reader, "retry", std::chrono::seconds(1), "1s", dns.bounds.retry);
    read_at_least(reader, "stale", base::Duration{0}, "0s", dns.bounds.stale);
    reader.finish();
}

}  // namespace policy
