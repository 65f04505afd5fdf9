// Owns: RFC 3263, 4.1 (transport by NAPTR, then SRV), 4.2 (port and address), 4.3 as far as order goes; RFC 2782's
// choice by weight. Where records contradict the URI's safety, there is no server: a lost answer never turns TLS off.
#include "sip/locating.hh"

#include <algorithm>

#include "base/text.hh"

namespace sip {
namespace {

using base::DnsAnswer;
using base::DnsType;
using base::Transport;
using Outcome = base::DnsAnswer::Outcome;

// What a stranger's zone may cost us.
constexpr std::size_t kMostRules = 16, kMostRecords = 32, kMostAddresses = 8, kMostServers = 64;

struct Service {
    Transport transport;
    std::string name;                 // of its SRV records
};

std::string plain(std::string_view name) {
    std::string text(name);
    std::ranges::transform(text, text.begin(), base::lower);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// A host's name, and no address in disguise.
bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > 253 || base::Address::parse(name)) return false;
    std::size_t label = 0;
    for (const char c : name) {
        if (c == '.' ? label == 0 : !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63) return false;
    }
    const auto last = name.substr(name.rfind('.') + 1);
    return label > 0 && last.find_first_not_of("0123456789") != std::string_view::npos;
}

bool is_usable(const base::Address& address) { return !address.is_unspecified() && !address.is_multicast(); }

// RFC 3263, 4.1; empty: there are no SRV records for this transport.
std::string_view srv_prefix_of(Transport transport) {
    switch (transport) {
        case Transport::udp: return "_sip._udp.";
        case Transport::tcp: return "_sip._tcp.";
        case Transport::tls: return "_sips._tcp.";
        case Transport::ws:
        case Transport::wss: return {};
    }
    return {};
}

// The transport of a NAPTR service field; nothing: it is not SIP's.
std::optional<Transport> transport_of(std::string_view services) {
    if (base::equals_ignoring_case(services, "SIP+D2U")) return Transport::udp;
    if (base::equals_ignoring_case(services, "SIP+D2T")) return Transport::tcp;
    if (base::equals_ignoring_case(services, "SIPS+D2T")) return Transport::tls;
    return std::nullopt;
}

bool is_of_sip(std::string_view services) {
    return base::starts_with_ignoring_case(services, "SIP+") || base::starts_with_ignoring_case(services, "SIPS+");
}

class Inquiry {
 public:
    Inquiry(const Destination& destination, const DnsCache& known, base::Time now)
        : destination_(destination), known_(known), now_(now) {}

    Location run() {
        if (const auto address = base::Address::parse(destination_.host)) here(*address);
        else if (is_host_name(destination_.host)) by_name();
        if (!location_.missing.empty()) location_.servers.clear();
        location_.unknown = location_.servers.empty() && failed_;
        return std::move(location_);
    }

 private:
    bool serves(Transport transport) const { return way(transport) && (!destination_.secure || is_secure(transport)); }
    static bool is_secure(Transport transport) { return transport == Transport::tls || transport == Transport::wss; }
    const Way* way(Transport transport) const {
        const auto found = std::ranges::find(destination_.ways, transport, &Way::transport);
        return found == destination_.ways.end() ? nullptr : &*found;
    }

    // Null: not known yet, and noted as missing.
    const DnsAnswer* ask(const std::string& name, DnsType type) {
        const auto* entry = known_.find({name, type}, now_);
        if (!entry) {
            if (std::ranges::find(location_.missing, base::DnsQuestion{name, type}) == location_.missing.end())
                location_.missing.push_back({name, type});
            return nullptr;
        }
        location_.expires = std::min(location_.expires, entry->expires);
        failed_ = failed_ || entry->answer.outcome == Outcome::failed;
        return &entry->answer;
    }

    // What is spoken where nothing says so (4.1: UDP, and TLS for sips).
    Transport usual() const {
        if (destination_.transport) return *destination_.transport;
        return destination_.secure ? Transport::tls : Transport::udp;
    }

    void here(const base::Address& address) {
        const auto transport = usual();
        const auto* fits = way(transport);
        if (!serves(transport) || !is_usable(address) || !(address.is_v4() ? fits->v4 : fits->v6)) return;
        const auto port = destination_.port ? destination_.port : base::default_port(transport);
        location_.servers.push_back({0, 0, transport, destination_.host, port, {address}});
    }

    void by_name() {
        if (destination_.port) return add(usual(), {0, 0, destination_.port, destination_.host});
        if (destination_.transport) return by_transport(*destination_.transport);
        const auto* answer = ask(destination_.host, DnsType::naptr);
        if (!answer || answer->outcome == Outcome::failed) return;
        if (const auto rules = usable_rules(*answer); !rules.empty()) return by_services(rules, rules.front().transport);
        if (std::ranges::any_of(answer->rules, is_of_sip, &base::NaptrRecord::services)) return;   // none that we speak
        std::vector<Service> services;
        for (const auto& fits : destination_.ways)
            if (const auto prefix = srv_prefix_of(fits.transport); serves(fits.transport) && !prefix.empty())
                services.push_back({fits.transport, std::string(prefix) + destination_.host});
        by_services(services, usual());
    }

    void by_transport(Transport transport) {
        const auto prefix = srv_prefix_of(transport);
        if (!serves(transport)) return;
        if (prefix.empty()) return add(transport, {0, 0, base::default_port(transport), destination_.host});
        by_services({{transport, std::string(prefix) + destination_.host}}, transport);
    }

    // Of the lowest order that has one that we can follow, those that we can, the preferred first (RFC 3403, 4.1).
    std::vector<Service> usable_rules(const DnsAnswer& answer) const {
        auto rules = answer.rules;
        std::ranges::stable_sort(rules, {}, [](const auto& rule) { return std::pair(rule.order, rule.preference); });
        std::vector<Service> services;
        std::optional<std::uint16_t> order;
        for (const auto& rule : rules) {
            const auto transport = transport_of(rule.services);
            const auto name = plain(rule.replacement);
            if (!transport || !serves(*transport) || !base::equals_ignoring_case(rule.flags, "s") ||
                !rule.regexp.empty() || !is_host_name(name) || (order && *order != rule.order))
                continue;
            order = rule.order;
            services.push_back({*transport, name});
            if (services.size() == kMostRules) break;
        }
        return services;
    }

    // Each service's records in their order; where no service has any, the name itself (4.2).
    void by_services(const std::vector<Service>& services, Transport otherwise) {
        bool any = false, complete = true;
        for (const auto& service : services) {
            const auto* answer = ask(service.name, DnsType::srv);
            complete = complete && answer && answer->outcome != Outcome::failed;
            if (!answer || answer->outcome != Outcome::found) continue;
            any = true;
            add_all(service.transport, answer->services);
        }
        if (!any && complete && serves(otherwise))
            add(otherwise, {0, 0, base::default_port(otherwise), destination_.host});
    }

    void add_all(Transport transport, std::vector<base::SrvRecord> records) {
        std::ranges::stable_sort(records, {}, &base::SrvRecord::priority);
        if (records.size() > kMostRecords) records.resize(kMostRecords);
        std::optional<std::uint16_t> priority;
        for (const auto& record : records) {
            if (priority != record.priority) ++rank_;
            priority = record.priority;
            add(transport, record);
        }
    }

    void add(Transport transport, const base::SrvRecord& record) {
        const auto name = plain(record.target);
        if (!serves(transport) || !is_host_name(name) || !record.port || location_.servers.size() == kMostServers) return;
        Server server{rank_, record.weight, transport, name, record.port, {}};
        for (const auto type : {DnsType::aaaa, DnsType::a}) {
            if (type == DnsType::a ? !way(transport)->v4 : !way(transport)->v6) continue;
            const auto* answer = ask(name, type);
            if (!answer || answer->outcome != Outcome::found) continue;
            for (const auto& address : answer->addresses)
                if (is_usable(address) && address.is_v4() == (type == DnsType::a) &&
                    server.addresses.size() < kMostAddresses)
                    server.addresses.push_back(address);
        }
        // The DNS turns the addresses of one name round: that is no news.
        std::ranges::sort(server.addresses, [](const auto& a, const auto& b) {
            return std::pair(a.is_v4(), a) < std::pair(b.is_v4(), b);
        });
        if (!server.addresses.empty()) location_.servers.push_back(std::move(server));
    }

    const Destination& destination_;
    const DnsCache& known_;
    base::Time now_;
    Location location_;
    std::uint16_t rank_ = 0;
    bool failed_ = false;
};

// RFC 2782: those without weight first, then the first whose running sum reaches the number drawn.
std::size_t draw(const std::vector<const Server*>& left, base::Entropy& entropy) {
    std::uint64_t sum = 0;
    for (const auto* server : left) sum += server->weight;
    const auto drawn = entropy.below(sum + 1);
    std::uint64_t running = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (running += left[i]->weight; running >= drawn) return i;
    return left.size() - 1;
}

}  // namespace

Destination destination_of(const Uri& uri, std::vector<Way> ways) {
    std::optional<Transport> transport;
    if (const auto written = uri.parameter("transport")) transport = base::parse_transport(*written);
    // sips with transport=tcp means TLS over it (RFC 3261, 26.2.2).
    const bool secure = uri.scheme == "sips";
    if (secure && transport == Transport::tcp) transport = Transport::tls;
    return {plain(uri.host), uri.port, transport, secure, std::move(ways)};
}

Location locate(const Destination& destination, const DnsCache& known, base::Time now) {
    return Inquiry(destination, known, now).run();
}

std::vector<Target> in_order(const std::vector<Server>& servers, base::Entropy& entropy) {
    std::vector<Target> targets;
    for (auto first = servers.begin(); first != servers.end();) {
        std::vector<const Server*> left;
        const auto rank = first->rank;
        for (; first != servers.end() && first->rank == rank; ++first) left.push_back(&*first);
        std::stable_partition(left.begin(), left.end(), [](const Server* server) { return server->weight == 0; });
        while (!left.empty()) {
            const auto index = left.size() == 1 ? 0 : draw(left, entropy);
            for (const auto& address : left[index]->addresses)
                targets.push_back({{address, left[index]->port}, left[index]->transport});
            left.erase(left.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }
    return targets;
}

}  // namespace sip
