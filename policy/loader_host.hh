// What the loader asks this host: its addresses, and which ports the kernel gives to others. Part of the
// loader's door.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.hh"
#include "policy/snapshot.hh"

namespace policy {

struct HostFacts {
    std::vector<base::Address> addresses;  // of all interfaces
    bool nonlocal_bind_v4 = false;         // net.ipv4.ip_nonlocal_bind, and its twin
    bool nonlocal_bind_v6 = false;
    PortRange ephemeral{32768, 60999};  // net.ipv4.ip_local_port_range
    std::vector<PortRange> reserved;    // net.ipv4.ip_local_reserved_ports

    bool may_bind(const base::Address& address) const;
    // Whether the kernel may give a port of this range to an outgoing socket of somebody else.
    bool may_hand_out(const PortRange& ports) const;
};

HostFacts host_facts();

// A file with a secret: readable by us, and by nobody else. Nothing, or what is wrong with it.
enum class SecretFile { good, unreadable, open_to_others };
SecretFile check_secret_file(const std::string& path);
// Nothing where it cannot be read, or is larger than any list of users.
std::optional<std::string> secret_text(const std::string& path);

}  // namespace policy
