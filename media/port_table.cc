#include "media/port_table.hh"

#include <algorithm>

namespace media {

void PortTable::enter(const base::Endpoint& local, PortUser user) {
    if (Port* const port = place_of(local)) {
        if (port->first != user && std::ranges::find(port->more, user) == port->more.end()) port->more.push_back(user);
        return;
    }
    if (2 * (used_ + 1) > ports_.size()) grow();
    std::size_t at = home(local);
    while (ports_[at].first.stream) at = (at + 1) & mask_;
    ports_[at] = {local, user, {}};
    ++used_;
}

void PortTable::leave(const base::Endpoint& local, PortUser user) {
    Port* const port = place_of(local);
    if (!port) return;
    std::erase(port->more, user);
    if (port->first != user) return;
    if (port->more.empty()) {
        take_out(static_cast<std::size_t>(port - ports_.data()));
        return;
    }
    port->first = port->more.front();
    port->more.erase(port->more.begin());
}

// What stands behind and does not belong there moves up, so that no search ends early.
void PortTable::take_out(std::size_t at) {
    --used_;
    for (std::size_t next = (at + 1) & mask_; ports_[next].first.stream; next = (next + 1) & mask_) {
        const std::size_t wanted = home(ports_[next].local);
        const bool may_move = ((next - wanted) & mask_) >= ((next - at) & mask_);
        if (!may_move) continue;
        ports_[at] = std::move(ports_[next]);
        at = next;
    }
    ports_[at] = Port{};
}

void PortTable::grow() {
    std::vector<Port> old(ports_.size() * 2);
    old.swap(ports_);
    mask_ = ports_.size() - 1;
    for (Port& port : old) {
        if (!port.first.stream) continue;
        std::size_t at = home(port.local);
        while (ports_[at].first.stream) at = (at + 1) & mask_;
        ports_[at] = std::move(port);
    }
}

}  // namespace media
