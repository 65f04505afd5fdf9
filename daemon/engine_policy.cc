// The engine's policy: reloads in three steps (load and open, install the table, hand out), each of which leaves the
// running policy in force when it fails.
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
    locations_->take_over(policy_, policy_since_);
    base::log::info("reloaded", base::log::Fields("policy", policy_->hash));
    reload->done({});
}

}  // namespace sallyportd
