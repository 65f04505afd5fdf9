#include "daemon/listeners.hh"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/open_listener.hh"

namespace sallyportd {
namespace {

std::string advice(int error) {
    switch (error) {
        case EADDRINUSE: return "another program holds it: stop that one, or change `listen` of the zone";
        case EADDRNOTAVAIL: return "the address is not on this host: add it, or set net.ipv4.ip_nonlocal_bind=1";
        case EACCES: return "a port below 1024 can only be opened at a start as root: restart instead of reload";
        case EMFILE:
        case ENFILE: return "too many open files: raise LimitNOFILE";
        default: return "cannot be opened";
    }
}

std::string complaint(const policy::Snapshot& policy, const policy::Listener& listener, const std::string& why) {
    const policy::Zone& zone = policy.zone(listener.zone);
    return zone.place.to_string() + ": error: zone \"" + zone.name + "\", listener " +
           std::string(name_of(listener.transport)) + ":" + listener.local.to_string() + ": " + why;
}

std::string because(const std::system_error& error) {
    return error.code().message() + "; " + advice(error.code().value());
}

}  // namespace

net::ListenerSpec spec_of(const policy::Listener& listener) {
    return {listener.id, listener.transport, listener.local};
}

std::vector<std::string> complaints_of(const policy::Snapshot& policy) {
    std::vector<std::string> complaints;
    for (const auto& listener : policy.listeners) {
        try {
            net::prove_free(spec_of(listener));
        } catch (const std::system_error& error) {
            complaints.push_back(complaint(policy, listener, because(error)));
        }
    }
    return complaints;
}

std::vector<std::vector<OpenListener>> open_missing(const policy::Snapshot& policy,
                                                    std::span<const net::ListenerSpec> open, unsigned workers,
                                                    std::vector<std::string>& complaints) {
    std::vector<std::vector<OpenListener>> opened(workers);
    for (const auto& listener : policy.listeners) {
        const net::ListenerSpec spec = spec_of(listener);
        if (std::ranges::any_of(open, [&](const auto& door) { return same_door(door, spec); })) continue;
        try {
            std::vector<net::Descriptor> sockets;
            for (unsigned i = 0; i < workers; ++i) sockets.push_back(net::open_listener(spec));
            for (unsigned i = 0; i < workers; ++i) opened[i].push_back({spec, std::move(sockets[i])});
        } catch (const std::system_error& error) {
            complaints.push_back(complaint(policy, listener, because(error)));
        }
    }
    return opened;
}

}  // namespace sallyportd
