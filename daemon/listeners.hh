// The policy's listeners as sockets: which are needed, opened for each worker.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/descriptor.hh"
#include "net/listener_spec.hh"
#include "policy/snapshot.hh"

namespace sallyportd {

struct OpenListener {
    net::ListenerSpec spec;
    net::Descriptor socket;
};

net::ListenerSpec spec_of(const policy::Listener& listener);

// The same door, whatever number the policy gives it.
inline bool same_door(const net::ListenerSpec& a, const net::ListenerSpec& b) {
    return a.transport == b.transport && a.local == b.local;
}

// One line for each listener that cannot be opened: which, why, and what to do. Empty: all are free.
std::vector<std::string> complaints_of(const policy::Snapshot& policy);

// The listeners of `policy` whose doors are not among `open`, a socket for each worker: [worker][listener]. What cannot
// be opened is left out and said in `complaints`.
std::vector<std::vector<OpenListener>> open_missing(const policy::Snapshot& policy,
                                                    std::span<const net::ListenerSpec> open, unsigned workers,
                                                    std::vector<std::string>& complaints);

}  // namespace sallyportd
