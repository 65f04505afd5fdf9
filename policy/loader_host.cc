// Addresses by getifaddrs(3), ports from /proc/sys, modes by stat(2).
#include "policy/loader_host.hh"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "base/number.hh"
#include "policy/units.hh"

namespace policy {
namespace {

std::string first_line(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// "8080,9148-9300" as the kernel writes it.
std::vector<PortRange> port_list(const std::string& text) {
    std::vector<PortRange> ranges;
    std::istringstream items(text);
    for (std::string item; std::getline(items, item, ',');) {
        if (const auto range = parse_ports(item))
            ranges.push_back(*range);
        else if (const auto port = base::to_number<std::uint16_t>(item))
            ranges.push_back({*port, *port});
    }
    return ranges;
}

std::vector<base::Address> interface_addresses() {
    std::vector<base::Address> addresses;
    ifaddrs* raw = nullptr;
    if (getifaddrs(&raw) != 0) return addresses;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, &freeifaddrs);
    for (const ifaddrs* item = raw; item; item = item->ifa_next) {
        if (!item->ifa_addr) continue;
        if (item->ifa_addr->sa_family == AF_INET) {
            sockaddr_in address{};
            std::memcpy(&address, item->ifa_addr, sizeof address);
            addresses.push_back(base::Address::v4(ntohl(address.sin_addr.s_addr)));
        } else if (item->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 address{};
            std::memcpy(&address, item->ifa_addr, sizeof address);
            base::Address::Bytes bytes;
            std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
            addresses.push_back(base::Address::from_bytes(bytes));
        }
    }
    return addresses;
}

}  // namespace

bool HostFacts::may_bind(const base::Address& address) const {
    if (address.is_v4() ? nonlocal_bind_v4 : nonlocal_bind_v6) return true;
    if (address.is_v4() && address.is_loopback()) return true;  // all of 127/8 is ours
    return std::ranges::find(addresses, address) != addresses.end();
}

bool HostFacts::may_hand_out(const PortRange& ports) const {
    for (unsigned port = std::max(ports.first, ephemeral.first); port <= std::min(ports.last, ephemeral.last);
         ++port)
        if (std::ranges::none_of(reserved,
                                 [&](const PortRange& r) { return r.first <= port && port <= r.last; }))
            return true;
    return false;
}

HostFacts host_facts() {
    HostFacts facts;
    facts.addresses = interface_addresses();
    facts.nonlocal_bind_v4 = first_line("/proc/sys/net/ipv4/ip_nonlocal_bind") == "1";
    facts.nonlocal_bind_v6 = first_line("/proc/sys/net/ipv6/ip_nonlocal_bind") == "1";
    std::istringstream range(first_line("/proc/sys/net/ipv4/ip_local_port_range"));
    std::uint16_t first = 0, last = 0;
    if (range >> first >> last) facts.ephemeral = {first, last};
    facts.reserved = port_list(first_line("/proc/sys/net/ipv4/ip_local_reserved_ports"));
    return facts;
}

SecretFile check_secret_file(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || access(path.c_str(), R_OK) != 0)
        return SecretFile::unreadable;
    return status.st_mode & S_IRWXO ? SecretFile::open_to_others : SecretFile::good;
}

std::optional<std::string> secret_text(const std::string& path) {
    constexpr std::uintmax_t kMostBytes = 64 << 20;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file || static_cast<std::uintmax_t>(status.st_size) > kMostBytes) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace policy
