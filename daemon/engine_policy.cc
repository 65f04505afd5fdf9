// The engine's policy: reloads in three steps (load and open, install the table, hand out), each of which leaves the
// running policy in force when it fails; and the addresses of peers that are named.
#include "daemon/engine.hh"

#include <algorithm>

#include "base/log.hh"
#include "daemon/clock.hh"
#include "daemon/reload.hh"
#include "daemon/warden_table.hh"
#include "policy/loader.hh"

namespace sallyportd {

// One reload on its way.
struct Engine::Reload {
    policy::SnapshotPtr policy;
    std::vector<std::vector<OpenListener>> opened;
    std::function<void(std::string)> done;
};

void Engine::reload(std::function<void(std::string)> done) {
    if (reloading_) {
        done("a reload is under way");
        return;
    }
    const policy::Loaded loaded = policy::load(settings_.file, {});
    for (const auto& complaint : loaded.complaints)
        (complaint.is_error ? base::log::error : base::log::warning)("policy",
                                                                     base::log::Fields("says", complaint.to_string()));
    if (!loaded.snapshot) {
        base::log::error("reload_refused", base::log::Fields("file", settings_.file));
        std::string all;
        for (const auto& complaint : loaded.complaints) all += (all.empty() ? "" : "\n") + complaint.to_string();
        done(all);
        return;
    }
    reloading_ = true;
    auto reload = std::make_shared<Reload>();
    reload->policy = loaded.snapshot;
    reload->done = [this, done = std::move(done)](std::string why_not) {
        reloading_ = false;
        if (!why_not.empty()) base::log::error("reload_refused", base::log::Fields("why", why_not));
        done(std::move(why_not));
    };
    check_reload(reload);
}

void Engine::check_reload(const std::shared_ptr<Reload>& reload) {
    for (const auto& line : needs_restart(*policy_, *reload->policy))
        base::log::warning("reload", base::log::Fields("note", line));
    std::vector<std::string> complaints;
    reload->opened = open_missing(*reload->policy, doors_, static_cast<unsigned>(workers_.size()), complaints);
    if (!complaints.empty()) {
        std::string all;
        for (const auto& complaint : complaints) all += (all.empty() ? "" : "\n") + complaint;
        reload->done(all);
        return;
    }
    install_table(reload);
}

// The table comes first: no call may be told of a port that the kernel does not yet steer.
void Engine::install_table(const std::shared_ptr<Reload>& reload) {
    auto wanted = table_of(*reload->policy, steer_ports_);
    wanted.table = policy_->firewall.table;
    if (wanted == table_of(*policy_, steer_ports_)) {
        distribute(reload);
        return;
    }
    link_.install(++last_token_, wanted);
    awaited_[last_token_] = [this, reload](std::optional<base::Reason> refused) {
        if (refused) reload->done("the table was refused: " + std::string(text_of(*refused)));
        else distribute(reload);
    };
    link_.flush();
}

void Engine::distribute(const std::shared_ptr<Reload>& reload) {
    policy_ = reload->policy;
    policy_since_ = monotonic_now();
    doors_.clear();
    for (const auto& listener : policy_->listeners) doors_.push_back(spec_of(listener));
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        auto opened = std::make_shared<std::vector<OpenListener>>(std::move(reload->opened[i]));
        workers_[i]->post([policy = policy_, opened](Worker& w) { w.take_over(policy, std::move(*opened)); });
    }
    resolve_peers();
    base::log::info("reloaded", base::log::Fields("policy", policy_->hash));
    reload->done({});
}

void Engine::resolve_peers() {
    resolved_at_ = monotonic_now();
    for (std::size_t i = 0; i < policy_->peers.size(); ++i) {
        const policy::Peer& peer = policy_->peers[i];
        if (peer.address) continue;
        const base::PeerId id{static_cast<std::uint16_t>(i)};
        if (const auto known = addresses_.find(peer.host); known != addresses_.end())
            tell_address(id, {known->second});   // workers that have a new policy know nothing yet
        resolver_->resolve(peer.host, [this, id, asked = policy_](const std::vector<base::Address>& addresses) {
            if (asked == policy_) tell_address(id, addresses);
        });
    }
}

// The first address of a family that the peer's zone can reach. One that cannot be asked for stays as last heard.
void Engine::tell_address(base::PeerId id, const std::vector<base::Address>& addresses) {
    const policy::Peer& peer = policy_->peer(id);
    const auto usable = std::ranges::find_if(addresses, [&](const base::Address& address) {
        return policy_->listener_for(peer.zone, peer.transport, address.is_v4()) != nullptr;
    });
    const auto known = addresses_.find(peer.host);
    if (usable == addresses.end()) {
        base::log::warning("unresolved", base::log::Fields("peer", peer.name)("host", peer.host));
        if (known != addresses_.end()) return;
    } else if (known == addresses_.end() || known->second != *usable) {
        base::log::info("resolved", base::log::Fields("peer", peer.name)("address", usable->to_string()));
        addresses_[peer.host] = *usable;
    }
    const auto address = usable == addresses.end() ? std::nullopt : std::optional(*usable);
    for (const auto& worker : workers_)
        worker->post([id, address](Worker& w) { w.b2bua().on_resolved(id, address, w.now()); });
}

}  // namespace sallyportd
