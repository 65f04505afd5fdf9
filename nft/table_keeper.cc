#include "nft/table_keeper.hh"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "base/log.hh"
#include "nft/netlink_script.hh"
#include "nft/table_text.hh"

namespace nft {
namespace {

using base::Reason;
using namespace std::chrono_literals;

constexpr std::size_t kChunk = 2048;                // elements a transaction where there are many
constexpr base::Duration kBetweenRepairs = 200ms;   // somebody who deletes our table again and again
constexpr base::Duration kAfterFailedRepair = 1s;
constexpr base::Duration kBetweenComparisons = 1s;
constexpr base::Duration kBetweenComparisonsOfOne = 100us;      // a dump takes some 2 µs an element

const TableSpec& checked(const TableSpec& spec) {
    if (!is_table_name(spec.table)) throw std::runtime_error("firewall: '" + spec.table + "' is no name for a table");
    return spec;
}

}  // namespace

TableKeeper::TableKeeper(TableSpec spec, base::Time now)
    : spec_(checked(spec)), watch_(netlink_, spec_.table), batch_(spec_.table) {
    const bool adopted = adopt();
    if (const auto error = adopted ? std::nullopt : run_script(creation_text(spec_))) {
        throw std::runtime_error("firewall: the kernel refused table inet " + spec_.table + " (" + *error +
                                 "); it needs CAP_NET_ADMIN and the modules nf_tables, nft_tproxy and nft_ct");
    }
    if (!watch_.renew()) dirty_ = true;
    probe_refresh(now);
    next_refresh_ = adopted ? now : now + spec_.pinhole_timeout / 3;
}

// False: there is no table, or it is not as we make them.
bool TableKeeper::adopt() {
    if (!netlink_.table_exists(spec_.table)) return false;
    const auto left = netlink_.dump(spec_.table);
    if (!left || run_script(reload_text(spec_))) return false;
    for (const auto& status : *left) desired_.apply({Change::Kind::open, status.pinhole});
    desired_.forsake();
    return true;
}

std::uint64_t TableKeeper::timeout_ms() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(spec_.pinhole_timeout.count() / 1000, 1000));
}

// An element that no rule ever asks for tells whether the kernel sets times anew.
void TableKeeper::probe_refresh(base::Time now) {
    Pinhole probe;
    probe.width = Width::zone;
    probe.local = {base::Address::v4(0x7f000001), 9};
    start_batch();
    batch_.add(probe, 60'000);
    if (watch_.commit(batch_, now)) return;
    start_batch();
    batch_.refresh(probe, 3'600'000);
    const bool refreshed = !watch_.commit(batch_, now);
    const auto seen = netlink_.dump(spec_.table);
    in_place_ = refreshed && seen && std::ranges::any_of(*seen, [&](const PinholeStatus& status) {
                    return status.pinhole.same_element(probe) && status.expires_s > 60;
                });
    start_batch();
    batch_.remove(probe);
    watch_.commit(batch_, now);
}

TableKeeper::Steps TableKeeper::apply(const std::vector<Change>& changes) {
    Steps steps;
    steps.reserve(changes.size());
    for (const auto& change : changes) {
        steps.push_back(desired_.apply(change));
        if (steps.back() == DesiredState::Step::add_element) batch_.add(change.pinhole, timeout_ms());
        if (steps.back() == DesiredState::Step::remove_element) batch_.remove(change.pinhole);
    }
    return steps;
}

void TableKeeper::undo(const std::vector<Change>& changes, const Steps& steps) {
    for (std::size_t i = steps.size(); i-- > 0;) desired_.undo(changes[i], steps[i]);
}

std::vector<TableKeeper::Outcome> TableKeeper::commit(std::span<const std::vector<Change>> requests,
                                                      base::Time now) {
    const auto well_formed = [](const std::vector<Change>& changes) {
        return std::ranges::all_of(changes, [](const Change& change) { return is_well_formed(change.pinhole); });
    };
    std::vector<Outcome> outcomes(requests.size());
    std::vector<Steps> done(requests.size());
    start_batch();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (well_formed(requests[i])) done[i] = apply(requests[i]);
        else outcomes[i] = Reason::pinhole_refused;
    }
    const auto refusal = watch_.commit(batch_, now);
    if (!refusal) return outcomes;
    for (std::size_t i = requests.size(); i-- > 0;) undo(requests[i], done[i]);
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (!outcomes[i]) outcomes[i] = commit_alone(requests[i], now);
    return outcomes;
}

TableKeeper::Outcome TableKeeper::attempt(const std::vector<Change>& changes, bool& lost, base::Time now) {
    start_batch();
    const auto steps = apply(changes);
    const auto refusal = watch_.commit(batch_, now);
    if (!refusal) return std::nullopt;
    undo(changes, steps);
    lost = refusal->error == ENOENT;
    return refused(*refusal);
}

// ENOENT: our table, a set, or an element to be removed is gone. Then the whole is put right first.
TableKeeper::Outcome TableKeeper::commit_alone(const std::vector<Change>& changes, base::Time now) {
    bool lost = false;
    auto outcome = attempt(changes, lost, now);
    if (outcome && lost && heal(now)) outcome = attempt(changes, lost, now);
    return outcome;
}

TableKeeper::Outcome TableKeeper::refused(const Refusal& refusal) {
    if (refusal.error != last_logged_error_ && refusal.error != ENOENT) {
        const std::string text = std::system_category().message(refusal.error);
        base::log::error("pinhole_refused", "table=" + spec_.table + " error=\"" + text + "\" advice=\"" +
                                                (refusal.error == EPERM    ? "the warden needs CAP_NET_ADMIN"
                                                 : refusal.error == ENFILE ? "the set is full: fewer calls at once"
                                                                           : "see the kernel log") +
                                                "\"");
    }
    last_logged_error_ = refusal.error;
    return refusal.error == ENFILE ? Reason::pinhole_set_full : Reason::pinhole_refused;
}

TableKeeper::Outcome TableKeeper::close_all(base::Time now) {
    desired_.clear();
    to_refresh_.clear();
    start_batch();
    batch_.clear();
    const auto refusal = watch_.commit(batch_, now);
    if (!refusal || heal(now)) return std::nullopt;
    return refused(*refusal);
}

std::size_t TableKeeper::close_forsaken(base::Time now) {
    std::vector<std::vector<Change>> requests;
    const auto forsaken = desired_.forsaken();
    for (std::size_t begin = 0; begin < forsaken.size(); begin += kChunk) {
        requests.assign(1, {});
        for (std::size_t i = begin; i < std::min(begin + kChunk, forsaken.size()); ++i)
            requests.front().push_back({Change::Kind::close, forsaken[i]});
        if (!commit(requests, now).front()) continue;
        for (const auto& change : requests.front()) desired_.apply(change);
        dirty_ = true;      // the table is made again, without them
    }
    return forsaken.size();
}

TableKeeper::Outcome TableKeeper::ban(const base::Address& source, base::Duration length, base::Time now) {
    bans_[source] = now + length;
    start_batch();
    batch_.ban(source, static_cast<std::uint64_t>(length.count() / 1000));
    const auto refusal = watch_.commit(batch_, now);
    if (!refusal || (refusal->error == ENOENT && heal(now))) return std::nullopt;
    return refused(*refusal);
}

TableKeeper::Outcome TableKeeper::unban(const base::Address& source, base::Time now) {
    bans_.erase(source);
    start_batch();
    batch_.unban(source);
    const auto refusal = watch_.commit(batch_, now);
    if (!refusal || refusal->error == ENOENT) return std::nullopt;
    return refused(*refusal);
}

TableKeeper::Outcome TableKeeper::reload(TableSpec spec, base::Time now) {
    if (spec.table != spec_.table) return Reason::pinhole_refused;
    spec.set_size = spec_.set_size;     // a living set keeps its size
    watch_.listen();
    note(watch_.look(now));
    const auto error = run_script(reload_text(spec));
    if (error) {
        base::log::error("firewall_reload_failed", "table=" + spec.table + " error=\"" + *error + "\"");
        return Reason::pinhole_refused;
    }
    spec_ = std::move(spec);
    if (!watch_.renew()) dirty_ = true;
    next_refresh_ = std::min(next_refresh_, now + spec_.pinhole_timeout / 3);
    return std::nullopt;
}

void TableKeeper::remove_table() {
    if (const auto error = run_script(removal_text(spec_.table)))
        base::log::error("firewall_left", "table=" + spec_.table + " error=\"" + *error + "\"");
}

bool TableKeeper::add_all(const std::vector<Pinhole>& pinholes, base::Time now) {
    for (std::size_t begin = 0; begin < pinholes.size(); begin += kChunk) {
        start_batch();
        for (std::size_t i = begin; i < std::min(begin + kChunk, pinholes.size()); ++i)
            batch_.add(pinholes[i], timeout_ms());
        if (watch_.commit(batch_, now)) return false;
    }
    return true;
}

// Fills a new table with what is to be in it.
bool TableKeeper::restore(base::Time now) {
    std::erase_if(bans_, [now](const auto& ban) { return ban.second <= now; });
    start_batch();
    for (const auto& [source, until] : bans_)
        batch_.ban(source, static_cast<std::uint64_t>((until - now).count() / 1000 + 1));
    return !watch_.commit(batch_, now) && add_all(desired_.all(), now);
}

bool TableKeeper::repair(base::Time now) {
    watch_.listen();
    watch_.look(now);               // what was done until here is put right now
    unsure_ = false;
    const auto error = run_script(creation_text(spec_));
    dirty_ = !watch_.renew() || error || !restore(now);
    next_repair_ = now + (dirty_ ? kAfterFailedRepair : kBetweenRepairs);
    const std::string fields = "table=" + spec_.table + " pinholes=" + std::to_string(desired_.size());
    if (error) base::log::error("firewall_not_repaired", fields + " error=\"" + *error + "\"");
    else base::log::warning("firewall_repaired", fields + " cause=\"somebody changed or deleted the table\"");
    if (!error) ++repairs_;
    return !dirty_;
}

// After an ENOENT: a new table where it is gone or maimed, else the difference to what the kernel has.
bool TableKeeper::heal(base::Time now) {
    if (now < next_repair_ && dirty_) return false;
    const auto seen = netlink_.dump(spec_.table);
    if (!seen) return repair(now);
    const auto difference = desired_.compare(*seen);
    start_batch();
    for (const auto& stale : difference.stale) batch_.remove(stale);
    return !watch_.commit(batch_, now) && add_all(difference.missing, now);
}

bool TableKeeper::refresh_some(base::Time now) {
    start_batch();
    for (std::size_t i = 0; i < kChunk && !to_refresh_.empty(); ++i) {
        const Pinhole pinhole = to_refresh_.back();
        to_refresh_.pop_back();
        if (!desired_.holds(pinhole)) continue;
        if (in_place_) {
            batch_.refresh(pinhole, timeout_ms());
            continue;
        }
        Pinhole of_anybody = pinhole;
        of_anybody.call = {};
        const auto status = std::ranges::lower_bound(counted_, of_anybody, {}, &PinholeStatus::pinhole);
        const bool counted = status != counted_.end() && status->pinhole.same_element(pinhole);
        if (counted) batch_.remove(pinhole);
        batch_.add(pinhole, timeout_ms(), counted && pinhole.width == Width::exact ? &*status : nullptr);
    }
    const auto refusal = watch_.commit(batch_, now);
    return !refusal || (refusal->error == ENOENT && heal(now));
}

void TableKeeper::note(NetlinkWatch::Verdict verdict) {
    if (verdict == NetlinkWatch::Verdict::changed) dirty_ = true;
    if (verdict == NetlinkWatch::Verdict::unsure) unsure_ = true;
}

// Others were at the ruleset while nobody listened: perhaps at our pinholes.
void TableKeeper::compare(base::Time now) {
    unsure_ = false;
    const auto seen = dump();
    const auto difference = desired_.compare(seen.value_or(std::vector<PinholeStatus>{}));
    if (!seen || !difference.stale.empty() || !difference.missing.empty()) dirty_ = true;
    next_comparison_ = now + kBetweenComparisons + desired_.size() * kBetweenComparisonsOfOne;
}

base::Time TableKeeper::work(base::Time now) {
    note(watch_.look(now));
    if (unsure_ && now >= next_comparison_) compare(now);
    if (dirty_ && now >= next_repair_) repair(now);
    if (now >= next_refresh_) {
        next_refresh_ = now + spec_.pinhole_timeout / 3;
        to_refresh_ = desired_.all();
        if (!in_place_) {
            counted_ = dump().value_or(std::vector<PinholeStatus>{});
            std::ranges::sort(counted_, {}, &PinholeStatus::pinhole);
        }
        last_logged_error_ = 0;
    }
    if (!to_refresh_.empty() && !refresh_some(now)) dirty_ = true;
    return deadline();
}

base::Time TableKeeper::deadline() const {
    if (!to_refresh_.empty()) return base::Time{};
    auto next = std::min(next_refresh_, watch_.deadline());
    if (dirty_) next = std::min(next, next_repair_);
    if (unsure_) next = std::min(next, next_comparison_);
    return next;
}

}  // namespace nft
