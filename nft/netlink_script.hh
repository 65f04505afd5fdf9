// The door for scripts in nft's grammar (libnftables): the table's skeleton, which people read and which changes
// rarely. One script is one transaction. Elements at speed go through nft/netlink instead.
#pragma once

#include <optional>
#include <string>

namespace nft {

// Nothing: done. Else the first line of what libnftables complained of; nothing has changed then.
std::optional<std::string> run_script(const std::string& script);

}  // namespace nft
