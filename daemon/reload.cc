#include "daemon/reload.hh"

namespace sallyportd {

std::vector<std::string> needs_restart(const policy::Snapshot& running, const policy::Snapshot& wanted) {
    std::vector<std::string> lines;
    const auto compare = [&](const char* key, const auto& before, const auto& after) {
        if (before != after) lines.push_back(std::string(key) + " changes at a restart only");
    };
    compare("node.workers", running.node.workers, wanted.node.workers);
    compare("node.control", running.node.control, wanted.node.control);
    compare("node.user", running.node.user, wanted.node.user);
    compare("node.state_dir", running.node.state_dir, wanted.node.state_dir);
    compare("node.log_file", running.node.log_file, wanted.node.log_file);
    compare("firewall.table", running.firewall.table, wanted.firewall.table);
    return lines;
}

}  // namespace sallyportd
